-- Leaves in the place of a lease that its load has failed. KEYS: lease, waiters, marker to wake up, feed. ARGV: the lease, the time until the next load, the time between two in ten digits.
local held = get(KEYS[1]) or ''
if string.sub(held, 1, 16) == ARGV[1] then
  -- Its node, and the state and the tags of the load, as in a lease.
  redis.call('SET', KEYS[1], '!' .. ARGV[3] .. string.sub(held, 1, 8) .. string.sub(held, 17), 'PX', ARGV[2])
  if redis.call('DEL', KEYS[2]) == 1 then
    tell(KEYS[3], KEYS[4])
  end
end
return 1
