-- Keeps a lease and a token while their load runs. KEYS: lease, token. ARGV: the lease, its life, the token, its life.
if string.sub(get(KEYS[1]) or '', 1, 16) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if get(KEYS[2]) == ARGV[3] then
  extend(KEYS[2], ARGV[4])
end
return 1
