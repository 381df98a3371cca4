-- How deliveries end.

-- To the tail of its level, or to its head, or when its delay is over to the tail.
local function comeBack(id, past, delay, isToHead)
  past.isStarted, past.isCancelled = false, false
  if delay > 0 then
    past.state, past.place = 'd', toPlace(takeOrders(1) + 1)
    redis.call('ZADD', delayed, setDue(nowUp + delay), past.place .. id)
  else
    past.state = 'w'
    redis.call(isToHead and 'LPUSH' or 'RPUSH', levelList(past.level), '!' .. id)
  end
  redis.call('HSET', history, id, writeHistory(past))
end

-- The first error of a message and the last 19.
local function keepError(id, past, line)
  local lines = past.hasErrors and redis.call('HGET', errors, id)
  if lines then
    local _, breaks = string.gsub(lines, '\n', '')
    if breaks == 19 then
      local first = string.find(lines, '\n', 1, true)
      lines = string.sub(lines, 1, first) .. string.sub(lines, string.find(lines, '\n', first + 1, true) + 1)
    end
    line = lines .. '\n' .. line
  end
  past.hasErrors = true
  redis.call('HSET', errors, id, line)
end

local function drop(id, past, counter)
  if counter == 'cancelled' then
    strike(id, redis.call('HGET', messages, id) or '', past)
  else
    redis.call('HDEL', messages, id)
    redis.call('HDEL', history, id)
    redis.call('HDEL', errors, id)
  end
  count(counter, 1)
end

-- How many arguments go with a kind, the last of them an error where it has one.
local withKind = { c = 0, r = 2, l = 1, d = 3, x = 2 }

local function settleOther(kind, id, past, first)
  redis.call('ZREM', active, past.place .. id)
  local isEnd = kind == 'x'
  local line = kind ~= 'l' and ARGV[first + withKind[kind] - 1] or ''
  if line ~= '' then
    count('failed', 1)
  end
  if past.isCancelled and not isEnd then
    drop(id, past, 'cancelled')
    return
  end
  if line ~= '' and not isEnd then
    keepError(id, past, string.sub(line, 2))
  end
  if kind == 'r' then
    count('retried', 1)
    past.starts = past.starts + (past.isStarted and 0 or 1)
    comeBack(id, past, tonumber(ARGV[first]), false)
  elseif kind == 'l' then
    past.starts = past.starts - (past.isStarted and 1 or 0)
    comeBack(id, past, tonumber(ARGV[first]), true)
  elseif kind == 'd' then
    count('deadLettered', 1)
    past.starts = past.starts - (past.isStarted and 1 or 0) + tonumber(ARGV[first + 1])
    past.state, past.isStarted, past.reason = 'x', false, ' ' .. ARGV[first]
    redis.call('ZADD', dead, now, past.place .. id)
    redis.call('HSET', history, id, writeHistory(past))
  else
    drop(id, past, ARGV[first])
  end
end

-- Each settlement by itself. Answers the indices of those that are lost.
local function settleEach(settlements, kinds, firstId, firstMember, extra)
  local entries = readFields(history, arguments(firstId, settlements))
  local lost, handled, done, members, failed = {}, {}, {}, {}, {}
  for index = 1, settlements do
    local id, entry = ARGV[firstId + index - 1], entries[index]
    local kind = kinds == '' and 'c' or string.sub(kinds, index, index)
    local token = string.sub(ARGV[firstMember + index - 1], 1, 16)
    if not entry or string.byte(entry) ~= 97 or string.sub(entry, 22, 37) ~= token or handled[id] then
      lost[#lost + 1] = index
    else
      handled[id] = true
      if kind == 'c' then
        done[#done + 1] = id
        members[#members + 1] = string.sub(entry, 6, 21) .. id
        if string.byte(entry, 5) == 101 then
          failed[#failed + 1] = id
        end
      else
        settleOther(kind, id, readHistory(entry), extra)
      end
    end
    extra = extra + withKind[kind]
  end
  callWith('ZREM', active, members)
  callWith('HDEL', messages, done)
  callWith('HDEL', history, done)
  callWith('HDEL', errors, failed)
  count('processed', #done)
  return lost
end

-- Answers the indices of those that are lost. Where their arguments begin, `exchange.lua` says.
local function settle(settlements, kinds, failed, firstId)
  local firstMember = firstId + settlements
  -- Token and id are a delivery's member as long as it was not renewed. So where that many members go, all are current deliveries, and none
  -- need be looked up: a third of the time.
  if kinds == '' and settlements <= chunk and redis.call('ZREM', active, unpack(ARGV, firstMember, firstMember + settlements - 1)) == settlements then
    redis.call('HDEL', messages, unpack(ARGV, firstId, firstMember - 1))
    redis.call('HDEL', history, unpack(ARGV, firstId, firstMember - 1))
    if failed > 0 then
      redis.call('HDEL', errors, unpack(ARGV, #ARGV - failed + 1, #ARGV))
    end
    count('processed', settlements)
    return {}
  end
  return settleEach(settlements, kinds, firstId, firstMember, firstMember + settlements)
end
