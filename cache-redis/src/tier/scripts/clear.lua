-- Invalidates a cache: an absent generation is a new one. KEYS: generation, marker of a change, feed.
redis.call('DEL', KEYS[1])
tell(KEYS[2], KEYS[3])
return 1
