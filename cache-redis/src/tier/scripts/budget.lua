-- Takes a block of a budget. KEYS: the budget. ARGV: the node, the epoch of a new state, the first part of time that
-- counts, the present one, the least block, the block that is wanted, the most of all, the life of the state; then
-- parts of time, each with the difference between what the node was granted there and what it has spent.
-- Amounts are texts, because numbers beyond 2^53 are not exact, and cjson writes 14 digits.
local function text(number)
  return string.format('%.0f', number)
end
local function read()
  local raw = redis.pcall('GET', KEYS[1])
  local ok, state = pcall(cjson.decode, raw)
  if ok and type(state) == 'table' and type(state.e) == 'string' and type(state.u) == 'table' and type(state.n) == 'table' then
    return state
  end
  return { e = ARGV[2], u = {}, n = {} }
end
local state = read()
local first, part = tonumber(ARGV[3]), tonumber(ARGV[4])
local least, want, most = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
for i = 9, #ARGV, 2 do
  state.u[ARGV[i]] = text(math.max(0, (tonumber(state.u[ARGV[i]]) or 0) + tonumber(ARGV[i + 1])))
end
local total = 0
for at, amount in pairs(state.u) do
  if tonumber(at) < first then
    state.u[at] = nil
  else
    total = total + tonumber(amount)
  end
end
local granted = 0
if most - total >= least then
  granted = math.min(want, most - total)
  state.u[ARGV[4]] = text((tonumber(state.u[ARGV[4]]) or 0) + granted)
  total = total + granted
end
-- A node that was not heard of for two windows is gone.
local others, nodes = 0, 1
for node, known in pairs(state.n) do
  if known.p < first - (part - first + 1) then
    state.n[node] = nil
  elseif node ~= ARGV[1] then
    others, nodes = others + tonumber(known.s), nodes + 1
  end
end
local share = math.max(0, math.min(math.floor(most / nodes), most - others))
state.n[ARGV[1]] = { s = text(share), p = part }
redis.call('SET', KEYS[1], cjson.encode(state), 'PX', ARGV[8])
return { text(granted), text(total), text(share), text(nodes), state.e }
