#!lua flags=allow-oom
-- Invalidates a key: without its token, no value is read or filled, whichever release stored it. KEYS: value, token, lease, waiters, marker of a change, marker to wake up.
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('SET', KEYS[5], '')
redis.call('DEL', KEYS[5])
if redis.call('DEL', KEYS[4]) == 1 then
  redis.call('SET', KEYS[6], '')
  redis.call('DEL', KEYS[6])
end
return 1
