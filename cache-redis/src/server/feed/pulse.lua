-- Says the number of the newest message of a feed, and begins one where there is none. KEYS: the feed.
-- ARGV: the epoch of a new feed, its life, the channel of the node that asks.
local feed = redis.pcall('GET', KEYS[1])
if type(feed) == 'string' and string.match(feed, '^%x+:%d+$') then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
else
  feed = ARGV[1] .. ':0'
  redis.call('SET', KEYS[1], feed, 'PX', ARGV[2])
end
redis.call('PUBLISH', ARGV[3], feed)
return 1
