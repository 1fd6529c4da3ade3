-- What is stored as a string; another type is as good as nothing.
local function get(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value
end
-- Lets a key live longer, and never shorter: `PEXPIRE .. GT`, which servers before Redis 7 do not know.
local function extend(key, life)
  local left = redis.call('PTTL', key)
  if left >= 0 and left < tonumber(life) then
    redis.call('PEXPIRE', key, life)
  end
end
-- Counts a change in the feed, where nodes listen to one: a number that nobody hears of shows them that they miss something. Returns the new content of the feed.
local function count(key)
  local epoch, number = string.match(key and get(key) or '', '^(%x+):(%d+)$')
  if epoch then
    local feed = epoch .. ':' .. string.format('%.0f', number + 1)
    redis.call('SET', key, feed, 'KEEPTTL')
    return feed
  end
end
-- Counts a change and publishes it.
local function say(key, marker)
  local feed = count(key)
  if feed then
    redis.pcall('PUBLISH', key, feed .. ' ' .. marker)
  end
end
-- Writes and removes a marker, which leaves nothing behind but a push to every node. It is said in the feed, too.
local function tell(marker, key)
  redis.call('SET', marker, '')
  redis.call('DEL', marker)
  say(key, marker)
end
