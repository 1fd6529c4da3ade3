#!lua
-- Keeps a lease and a token while their load runs. KEYS: lease, token. ARGV: the lease, its life, the token, its life.
-- What is stored as a string; another type is as good as nothing.
local function get(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end
if string.sub(get(KEYS[1]) or '', 1, 16) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if get(KEYS[2]) == ARGV[3] then
  -- Never shorter: values that were filled under it may live longer.
  redis.call('PEXPIRE', KEYS[2], ARGV[4], 'GT')
end
return 1
