#!lua
-- Stores a value while its load's token stands. KEYS: value, token, lease, waiters, marker of a change, marker to wake up.
-- ARGV: the token, the value ('': none), its life ('': for ever), the lease ('': none), whether to tell other nodes.
-- What is stored as a string; another type is as good as nothing.
local function get(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end
local held = get(KEYS[2]) == ARGV[1]
if held then
  if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
  elseif ARGV[3] == '' then
    redis.call('SET', KEYS[1], ARGV[2])
  else
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  end
  redis.call('DEL', KEYS[2])
  if ARGV[5] == '1' then
    -- Written and removed, a marker leaves nothing behind but a push to every node.
    redis.call('SET', KEYS[5], '')
    redis.call('DEL', KEYS[5])
  end
end
if ARGV[4] ~= '' and get(KEYS[3]) == ARGV[4] then
  redis.call('DEL', KEYS[3])
end
if redis.call('DEL', KEYS[4]) == 1 then
  redis.call('SET', KEYS[6], '')
  redis.call('DEL', KEYS[6])
end
return held and 1 or 0
