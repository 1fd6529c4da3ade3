-- Grants the permit to load a key. KEYS: value, token, lease, waiters.
-- ARGV: generation, which stored value to return (0: none, 1: any, else any that was not written at this time), whether to supersede, a new state, the token's life, a lease ('': none wanted), its life, the state of a value that supersedes, the mark of the tags ('': none), whether a load that has failed holds the caller off.
-- A token is a generation and the state that readable values name. While a value is on its way that supersedes them, the state that this one will name follows; and an x, where the readable values have expired.
local stored = get(KEYS[2])
local present = stored
if present and (string.sub(present, 1, 8) ~= string.sub(ARGV[1], 1, 8) or (#present ~= 32 and #present ~= 48 and #present ~= 49)) then
  present = false
end
-- The second half of the generation is another one: all has expired since the token was written.
if present and string.sub(present, 9, 16) ~= string.sub(ARGV[1], 9, 16) then
  present = ARGV[1] .. string.sub(present, 17, 32) .. ARGV[4] .. 'x'
end
local expired = present and #present == 49
if ARGV[2] ~= '0' and present and not expired then
  local value = get(KEYS[1])
  if value and string.sub(value, 9, 40) == string.sub(present, 1, 32) and string.sub(value, 65, 72) ~= ARGV[2] then
    return { 'found', value, redis.call('PTTL', KEYS[1]) }
  end
end
local state = present and string.sub(present, 1, 32) or ARGV[1] .. ARGV[4]
-- The state of the value that a load is for.
local loaded = expired and string.sub(present, 1, 16) .. string.sub(present, 33, 48) or state
if ARGV[6] ~= '' then
  local holder = get(KEYS[3]) or ''
  -- After a load that has failed: an exclamation mark, and the time between two loads.
  local failed = #holder == 51 or #holder == 67
  -- A lease begins with its node: one's own is taken over. It ends with the state and the tags: nobody waits for a load from before an invalidation.
  local node = failed and string.sub(holder, 12, 19) or string.sub(holder, 1, 8)
  local of = failed and string.sub(holder, 20) or string.sub(holder, 17)
  if node ~= string.sub(ARGV[6], 1, 8) and of == loaded .. ARGV[9] then
    if not failed then
      redis.call('SET', KEYS[4], '', 'PX', ARGV[7])
      return { 'busy', '', redis.call('PTTL', KEYS[3]) }
    elseif ARGV[10] == '1' then
      return { 'failed', string.sub(holder, 2, 11), redis.call('PTTL', KEYS[3]) }
    end
  end
  redis.call('SET', KEYS[3], ARGV[6] .. loaded .. ARGV[9], 'PX', ARGV[7])
end
-- Loads with nothing between them share a token, so that none of them ends another.
local token = present or state
if ARGV[3] == '1' then
  token = state .. ARGV[8] .. (expired and 'x' or '')
end
if present then
  if token ~= stored then
    redis.call('SET', KEYS[2], token, 'KEEPTTL')
  end
  extend(KEYS[2], ARGV[5])
else
  redis.call('SET', KEYS[2], token, 'PX', ARGV[5])
end
return { 'granted', token, 0 }
