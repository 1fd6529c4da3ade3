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
-- Writes and removes a marker, which leaves nothing behind but a push to every node. Where nodes listen to a feed, it is published there, too: a number that nobody hears of shows them that they miss something.
local function tell(marker, key)
  redis.call('SET', marker, '')
  redis.call('DEL', marker)
  local feed = key and get(key)
  local epoch, number = string.match(feed or '', '^(%x+):(%d+)$')
  if epoch then
    feed = epoch .. ':' .. string.format('%.0f', number + 1)
    redis.call('SET', key, feed, 'KEEPTTL')
    redis.pcall('PUBLISH', key, feed .. ' ' .. marker)
  end
end
