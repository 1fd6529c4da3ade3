#!lua
-- Grants the permit to load a key. KEYS: value, token, lease, waiters.
-- ARGV: generation, whether to return a stored value, whether to supersede, a new token, its life, a lease ('': none wanted), its life.
-- What is stored as a string; another type is as good as nothing.
local function get(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end
if ARGV[2] == '1' then
  local value = get(KEYS[1])
  if value and string.sub(value, 9, 24) == ARGV[1] then
    return { 'found', value, redis.call('PTTL', KEYS[1]) }
  end
end
if ARGV[6] ~= '' then
  local holder = get(KEYS[3])
  -- A lease begins with its node: one's own is taken over.
  if holder and string.sub(holder, 1, 8) ~= string.sub(ARGV[6], 1, 8) then
    redis.call('SET', KEYS[4], '', 'PX', ARGV[7])
    return { 'busy', '', redis.call('PTTL', KEYS[3]) }
  end
  redis.call('SET', KEYS[3], ARGV[6], 'PX', ARGV[7])
end
-- Loads with nothing between them share a token, so that none of them ends another.
local token = ARGV[1] .. ARGV[4]
if ARGV[3] == '0' then
  local present = get(KEYS[2])
  if present and string.sub(present, 1, 16) == ARGV[1] then
    token = present
  end
end
redis.call('SET', KEYS[2], token, 'PX', ARGV[5])
return { 'granted', token, 0 }
