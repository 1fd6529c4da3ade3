-- Invalidates a key: without its token, no value is read or filled, whichever release stored it. KEYS: value, token, lease, waiters, marker of a change, marker to wake up, feed.
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
tell(KEYS[5], KEYS[7])
if redis.call('DEL', KEYS[4]) == 1 then
  tell(KEYS[6], KEYS[7])
end
return 1
