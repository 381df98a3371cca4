-- The end of the leases that this call gave; for how long BullMQ's rate limit lets nothing through.
local leaseSet, limitedFor

-- How many may be handed out now: BullMQ's global concurrency and rate limit hold for us, too.
local function roomFor(max)
  if paused then
    return 0
  end
  if mostActive then
    max = math.min(max, tonumber(mostActive) - redis.call('LLEN', active))
  end
  if mostInTime then
    local used = tonumber(redis.call('GET', base .. 'limiter') or 0)
    if max > 0 and used >= tonumber(mostInTime) then
      limitedFor = math.max(0, redis.call('PTTL', base .. 'limiter'))
    end
    max = math.min(max, tonumber(mostInTime) - used)
  end
  return math.max(0, max)
end

local function useLimit(howMany)
  if mostInTime and howMany > 0 and redis.call('INCRBY', base .. 'limiter', howMany) == howMany then
    redis.call('PEXPIRE', base .. 'limiter', limitTime or 1000)
  end
end

-- The ids at the head of one level, taken out of it; the lowest one holds also what plain clients put below it.
local function popLevel(priority, howMany)
  local first = priority * range
  local last = priority == 4 and '+inf' or '(' .. string.format('%.0f', first + range)
  local ids = redis.call('ZRANGEBYSCORE', prioritized, string.format('%.0f', first), last, 'LIMIT', 0, howMany)
  callWith('ZREM', prioritized, ids)
  return ids
end

-- Jobs without priority first, as BullMQ takes them; they are plain clients'.
local function popNext(howMany, priorities)
  local ids = redis.call('RPOP', wait, howMany) or {}
  if #ids > 0 then
    return ids
  elseif priorities == '1234' then
    local popped = redis.call('ZPOPMIN', prioritized, howMany)
    for at = 1, #popped, 2 do
      ids[#ids + 1] = popped[at]
    end
    return ids
  end
  for priority in string.gmatch(priorities, '.') do
    for _, id in ipairs(#ids < howMany and popLevel(tonumber(priority), howMany - #ids) or {}) do
      ids[#ids + 1] = id
    end
  end
  return ids
end

local function claim(max, startNow, lease, priorities)
  local room = roomFor(max)
  local found = {}
  while #found < room do
    local ids = popNext(math.min(room - #found, chunk), priorities)
    if #ids == 0 then
      if redis.call('EXISTS', prioritized) == 0 then
        redis.call('DEL', placeCounter)
      end
      break
    end
    for _, id in ipairs(ids) do
      local fields = read(id)
      if fields[1] then
        found[#found + 1] = { id, '', unpack(fields, 1, fieldCount) }
      end
    end
  end
  if #found == 0 then
    return found
  end

  local order = takeOrders(#found)
  leaseSet = nowUp + tonumber(lease)
  local score = scoreFor(leases, leaseSet)
  local ids, members = {}, {}
  for index, one in ipairs(found) do
    local id = one[1]
    local job = base .. id
    local ats = tonumber(one[10] or 0) + 1
    local token = string.format('%.0f', order + index) .. ':' .. string.format('%.0f', ats)
    local abandoned = redis.call('HGET', job, 'qt')
    -- A plain client took it back from us while its handler ran.
    if abandoned and string.sub(abandoned, -1) == 's' then
      one[9] = redis.call('HINCRBY', job, 'atm', 1)
    end
    redis.call('HSET', job, 'ats', ats, 'processedOn', now, 'qt', token .. (index <= startNow and 's' or '-'))
    redis.call('SET', job .. ':lock', token, 'PX', lease)
    tell('active', id, 'prev', 'waiting')
    one[2], one[10] = token, ats
    ids[index] = id
    members[2 * index - 1], members[2 * index] = math.min(score + index - 1, leaseSet * 4096 + 4095), id
  end
  callWith('LPUSH', active, ids)
  callWith('ZADD', leases, members)
  useLimit(#found)
  return found
end
