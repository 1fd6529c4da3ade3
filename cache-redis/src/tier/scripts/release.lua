-- Gives a lease back. KEYS: lease, waiters, marker to wake up, feed. ARGV: the lease.
if string.sub(get(KEYS[1]) or '', 1, 16) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  if redis.call('DEL', KEYS[2]) == 1 then
    tell(KEYS[3], KEYS[4])
  end
end
return 1
