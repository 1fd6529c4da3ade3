-- Stores a value while its load's token stands. KEYS: value, token, lease, waiters, marker of a change, marker to wake up, feed.
-- ARGV: the token, the value ('': none), its life ('': for ever), the lease ('': none), whether it replaces an older value, whether it is stored only where no other load has stored one.
local function set(key, value)
  if ARGV[3] == '' then
    redis.call('SET', key, value)
  else
    redis.call('SET', key, value, 'PX', ARGV[3])
  end
end
-- The records of a value: its tags, with their generations.
local function records(value)
  return string.sub(value, 89, 88 + string.byte(value, 7) * 256 + string.byte(value, 8))
end
local token = get(KEYS[2])
local held = token == ARGV[1]
-- A value that takes the place of an expired one names another state, as one that supersedes does.
local expired = held and #token == 49
if held and not expired and ARGV[5] == '0' and ARGV[6] == '1' then
  local value = get(KEYS[1])
  local stands = value and string.sub(value, 9, 40) == string.sub(token, 1, 32)
  -- One with other generations may be from before the end of a tag: it keeps no newer one out.
  held = not (stands and (ARGV[2] == '' or records(value) == records(ARGV[2])))
end
if held then
  -- Before the token, which is to outlive it: the clock may go on between the two.
  if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
  else
    set(KEYS[1], ARGV[2])
  end
  if ARGV[5] == '1' then
    -- The state that the value names takes the place of the one before: what other releases have stored is not read again.
    if ARGV[2] == '' then
      redis.call('DEL', KEYS[2])
    else
      set(KEYS[2], string.sub(token, 1, 16) .. string.sub(token, 33, 48))
    end
    tell(KEYS[5], KEYS[7])
  elseif ARGV[2] ~= '' and expired then
    set(KEYS[2], string.sub(token, 1, 16) .. string.sub(token, 33, 48))
  elseif ARGV[2] ~= '' then
    -- The token lives as long as all values that were filled under it.
    if ARGV[3] == '' then
      redis.call('SET', KEYS[2], token)
    else
      extend(KEYS[2], ARGV[3])
    end
  end
end
-- An expiry or another write came between. The value that this one was to replace is older than
-- both, so nobody reads it any more, not even when a load fails.
if not held and ARGV[5] == '1' then
  local value = get(KEYS[1])
  if value and string.sub(value, 9, 40) == string.sub(ARGV[1], 1, 32) then
    redis.call('DEL', KEYS[1])
    tell(KEYS[5], KEYS[7])
  end
end
if ARGV[4] ~= '' and string.sub(get(KEYS[3]) or '', 1, 16) == ARGV[4] then
  redis.call('DEL', KEYS[3])
end
if redis.call('DEL', KEYS[4]) == 1 then
  tell(KEYS[6], KEYS[7])
end
return held and 1 or 0
