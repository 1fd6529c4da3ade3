-- Returns the generations of values of a tag that a load has returned, and makes those that there are not; false where a value of the tag has ended since the load began. KEYS: stamp, generations. ARGV: the stamp before the load, the life of the value, a new generation for each.
if get(KEYS[1]) ~= ARGV[1] then
  return false
end
local generations = {}
for i = 2, #KEYS do
  local generation = get(KEYS[i])
  if generation and #generation == 16 then
    extend(KEYS[i], ARGV[2])
  else
    generation = ARGV[i + 1]
    redis.call('SET', KEYS[i], generation, 'PX', ARGV[2])
  end
  generations[i - 1] = generation
end
return generations
