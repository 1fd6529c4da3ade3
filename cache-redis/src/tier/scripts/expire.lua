#!lua flags=allow-oom
-- Lets a key expire: its value is read as expired, and no load that runs fills. KEYS: value, token, lease, waiters, marker of a change, marker to wake up. ARGV: the state of the next value; without it the value ends.
-- What is stored as a string; another type is as good as nothing.
local function get(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end
local token = get(KEYS[2])
if not ARGV[1] then
  redis.call('DEL', KEYS[2])
elseif token and (#token == 32 or #token == 48 or #token == 49) then
  -- It takes the place of the state that a load was promised.
  redis.call('SET', KEYS[2], string.sub(token, 1, 32) .. ARGV[1] .. 'x', 'KEEPTTL')
end
redis.call('DEL', KEYS[3])
redis.call('SET', KEYS[5], '')
redis.call('DEL', KEYS[5])
if redis.call('DEL', KEYS[4]) == 1 then
  redis.call('SET', KEYS[6], '')
  redis.call('DEL', KEYS[6])
end
return 1
