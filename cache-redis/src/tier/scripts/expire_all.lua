-- Lets all keys of a cache expire, or all with one value of a tag: the second half of the generation is another one. KEYS: generation, marker of a change, feed. ARGV: random bytes; without them, all ends.
local generation = get(KEYS[1])
if not ARGV[1] then
  redis.call('DEL', KEYS[1])
elseif generation and #generation == 16 then
  redis.call('SET', KEYS[1], string.sub(generation, 1, 8) .. string.sub(ARGV[1], 1, 8), 'KEEPTTL')
end
tell(KEYS[2], KEYS[3])
return 1
