-- Invalidates one value of a tag: absent generations are new ones. KEYS: stamp, generation of the value as loads return it; and, unless they are on another server, its generation as calls name it, marker of a change, feed.
redis.call('DEL', KEYS[1], KEYS[2])
if KEYS[3] then
  redis.call('DEL', KEYS[3])
  tell(KEYS[4], KEYS[5])
end
return 1
