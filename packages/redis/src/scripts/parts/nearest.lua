-- When the next lease or delay ends; nothing where none will.
local function nearestOf(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
end

local function nearest()
  local lease, delay = nearestOf(active), nearestOf(delayed)
  if lease and delay then
    return math.min(lease, delay)
  end
  return lease or delay
end
