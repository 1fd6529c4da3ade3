-- Stores a value in place of all that was stored, unless it comes too late: then nobody waits for it, and something may have ended it meanwhile. KEYS: value, token, lease, waiters, marker of a change, marker to wake up; and, unless it is on another server, the generation; feed.
-- ARGV: the generation and the state that the value names, the value ('': none), its life ('': for ever), the last time at which it comes in time by the clock of this server in microseconds, a new generation.
-- A user may ask for the time and not in a script, and a server may not have it there.
local now = redis.pcall('TIME')
if type(now) ~= 'table' or not now[2] then
  return 'untimed'
end
if now[1] * 1000000 + now[2] > tonumber(ARGV[4]) then
  return 'late'
end
if KEYS[7] then
  local generation = get(KEYS[7])
  if not generation or #generation ~= 16 then
    generation = ARGV[5]
    redis.call('SET', KEYS[7], generation)
  end
  if generation ~= string.sub(ARGV[1], 1, 16) then
    return generation
  end
end
local function set(key, value)
  if ARGV[3] == '' then
    redis.call('SET', key, value)
  else
    redis.call('SET', key, value, 'PX', ARGV[3])
  end
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1], KEYS[2])
else
  -- The token last, which is to outlive the value: the clock may go on between the two.
  set(KEYS[1], ARGV[2])
  set(KEYS[2], ARGV[1])
end
tell(KEYS[5], KEYS[8])
if redis.call('DEL', KEYS[4]) == 1 then
  tell(KEYS[6], KEYS[8])
end
return 1
