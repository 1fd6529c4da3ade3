#!lua flags=allow-oom
-- Invalidates a cache: an absent generation is a new one. KEYS: generation, marker of a change.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], '')
redis.call('DEL', KEYS[2])
return 1
