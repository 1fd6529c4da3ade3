#!lua flags=allow-oom
-- Gives a lease back. KEYS: lease, waiters, marker to wake up. ARGV: the lease.
-- What is stored as a string; another type is as good as nothing.
local function get(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end
if string.sub(get(KEYS[1]) or '', 1, 16) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  if redis.call('DEL', KEYS[2]) == 1 then
    redis.call('SET', KEYS[3], '')
    redis.call('DEL', KEYS[3])
  end
end
return 1
