-- What falls due has BullMQ's score: milliseconds times 4096, and below that its place among those of the same millisecond.
local function dueOf(score)
  return math.floor(score / 4096)
end

-- The score for one more that is due then, behind those that were set before.
local function scoreFor(key, due)
  local first = due * 4096
  local last = redis.call('ZREVRANGEBYSCORE', key, first + 4095, first, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  return last and math.min(tonumber(last) + 1, first + 4095) or first
end

local function nearestOf(key)
  local score = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  return score and dueOf(tonumber(score))
end

-- When the next lease of ours or the next delay ends; nothing where none will.
local function nearest()
  local lease, delay = nearestOf(leases), nearestOf(delayed)
  if lease and delay then
    return math.min(lease, delay)
  end
  return lease or delay
end
