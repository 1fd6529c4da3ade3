-- Lets a key expire: its value is read as expired, and no load that runs fills. KEYS: value, token, lease, waiters, marker of a change, marker to wake up, feed. ARGV: the state of the next value; without it the value ends.
redis.call('DEL', KEYS[3])
local token = get(KEYS[2])
if not ARGV[1] then
  redis.call('DEL', KEYS[2])
elseif token and (#token == 32 or #token == 48 or #token == 49) then
  -- It takes the place of the state that a load was promised.
  redis.call('SET', KEYS[2], string.sub(token, 1, 32) .. ARGV[1] .. 'x', 'KEEPTTL')
end
tell(KEYS[5], KEYS[7])
if redis.call('DEL', KEYS[4]) == 1 then
  tell(KEYS[6], KEYS[7])
end
return 1
