-- A job's place in `prioritized` is priority * 2^32 and a number that grows. Ours begin in the middle of that range, so that there is room
-- for what goes to the head; BullMQ's own counter goes on from there.
local range, middle = 4294967296, 2147483648

-- Takes so many places at the tail, and answers the number before the first one.
local function takePlaces(howMany)
  local last = redis.call('INCRBY', placeCounter, howMany)
  if last < middle then
    last = middle + howMany
    redis.call('SET', placeCounter, string.format('%.0f', last))
  end
  return last - howMany
end

local function placeOf(priority, number)
  return priority * range + number % range
end

-- A job without priority is a plain client's: BullMQ pushes at the left and takes from the right.
local function toTail(id, priority)
  if priority == 0 then
    redis.call('LPUSH', wait, id)
  else
    redis.call('ZADD', prioritized, placeOf(priority, takePlaces(1) + 1), id)
  end
end

-- Before all of its priority; the later one is first.
local function toHead(id, priority)
  if priority == 0 then
    redis.call('RPUSH', wait, id)
    return
  end
  local first = priority * range
  local lowest = redis.call('ZRANGEBYSCORE', prioritized, first, '(' .. string.format('%.0f', first + range), 'WITHSCORES', 'LIMIT', 0, 1)[2]
  local place = lowest and math.max(tonumber(lowest) - 1, first) or placeOf(priority, takePlaces(1) + 1)
  redis.call('ZADD', prioritized, place, id)
end
