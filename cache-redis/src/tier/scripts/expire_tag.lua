-- Lets all with one value of a tag expire: the second half of its generations is another one. KEYS: stamp, generation of the value as loads return it; and, unless they are on another server, its generation as calls name it, marker of a change, feed. ARGV: random bytes; without them, all ends.
local function expire(key)
  local generation = get(key)
  if not ARGV[1] then
    redis.call('DEL', key)
  elseif generation and #generation == 16 then
    redis.call('SET', key, string.sub(generation, 1, 8) .. string.sub(ARGV[1], 1, 8), 'KEEPTTL')
  end
end
redis.call('DEL', KEYS[1])
expire(KEYS[2])
if KEYS[3] then
  expire(KEYS[3])
  tell(KEYS[4], KEYS[5])
end
return 1
