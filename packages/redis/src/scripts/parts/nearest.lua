-- When the next lease or delay ends; nothing where none will.
local function nearestOf(key)
  local due = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  -- `active` ends with an entry that never falls due.
  return due ~= 'inf' and tonumber(due) or nil
end

local function nearest()
  local lease, delay = nearestOf(active), nearestOf(delayed)
  if lease and delay then
    return math.min(lease, delay)
  end
  return lease or delay
end

-- The soonest time that this call set.
local soonest
local function setDue(due)
  soonest = math.min(soonest or due, due)
  return due
end
