-- Turns the wheel: settles, takes back what fell due, claims.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 this process's wake channel
--       4 '1': it is among those to be woken  5 '1': others in it still wait
--       6 how many to claim  7 of these marked as started  8 fewer than this many leave it waiting  9 lease in ms  10 levels, in order
--       11 how many settlements  12 their kinds, a character each ('': all are complete)  13 how many ids of failed ones follow last
--       14... their ids, then token and id of each, then what goes with a kind, then the ids of those with errors:
--       c(omplete); r(etry): delay, error; l (release): delay; d(ead): reason, '1' if started, error; x (drop): counter, error
--       An error is '', or '+' and the line.
-- Answers { indices of lost settlements, next due in ms or -1, 1 if paused, 1 if among those to be woken, order before the first claim,
--       ids (a line each), pasts (a line each: starts deliveries redrives, e where it has errors; or nothing), body, body … }
-- Invariant: a message is in one place; what is not the current delivery changes nothing. The first write of each part frees memory, so that
--       work ends also on a server that has none left.

--- include keys time chunks count orders history windows strike gone wake nearest

-- The soonest time that this call set.
local soonest
local function set(due)
  soonest = math.min(soonest or due, due)
  return due
end

-- To the tail of its level, or to its head, or when its delay is over to the tail.
local function comeBack(id, past, delay, isToHead)
  past.isStarted, past.isCancelled = false, false
  if delay > 0 then
    past.state, past.place = 'd', toPlace(takeOrders(1) + 1)
    redis.call('ZADD', delayed, set(nowUp + delay), past.place .. id)
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

local lost = {}

-- Each settlement by itself.
local function settleEach(settlements, kinds, firstId, firstMember, extra)
  local entries = readFields(history, arguments(firstId, settlements))
  local handled, done, members, failed = {}, {}, {}, {}
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
end

local settlements = tonumber(ARGV[11])
if settlements > 0 then
  local kinds, failed = ARGV[12], tonumber(ARGV[13])
  local firstId, firstMember = 14, 14 + settlements
  -- Token and id are a delivery's member as long as it was not renewed. So where that many members go, all are current deliveries, and none
  -- need be looked up: a third of the time.
  if kinds == '' and settlements <= chunk and redis.call('ZREM', active, unpack(ARGV, firstMember, firstMember + settlements - 1)) == settlements then
    redis.call('HDEL', messages, unpack(ARGV, firstId, firstId + settlements - 1))
    redis.call('HDEL', history, unpack(ARGV, firstId, firstId + settlements - 1))
    if failed > 0 then
      redis.call('HDEL', errors, unpack(ARGV, #ARGV - failed + 1, #ARGV))
    end
    count('processed', settlements)
  else
    settleEach(settlements, kinds, firstId, firstMember, firstMember + settlements)
  end
end

-- A bounded number at a time: other clients wait meanwhile.
local takenBackAtOnce = 500

-- Leases that ended and delays that are over, in one order: to the tails.
local function takeBack()
  local ended = redis.call('ZRANGEBYSCORE', active, '-inf', now, 'WITHSCORES', 'LIMIT', 0, takenBackAtOnce)
  local ready = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'WITHSCORES', 'LIMIT', 0, takenBackAtOnce)
  local ids, places, isLease = {}, {}, {}
  local lease, delay = 1, 1
  local endedMembers, readyMembers = {}, {}
  while #ids < takenBackAtOnce and (ended[lease] or ready[delay]) do
    local isNext = ended[lease] and true or false
    if ended[lease] and ready[delay] then
      local leaseEnd, delayEnd = tonumber(ended[lease + 1]), tonumber(ready[delay + 1])
      isNext = leaseEnd < delayEnd or (leaseEnd == delayEnd and ended[lease] < ready[delay])
    end
    local member
    if isNext then
      member = ended[lease]
      endedMembers[#endedMembers + 1] = member
      lease = lease + 2
    else
      member = ready[delay]
      readyMembers[#readyMembers + 1] = member
      delay = delay + 2
    end
    ids[#ids + 1], places[#places + 1], isLease[#isLease + 1] = string.sub(member, 17), string.sub(member, 1, 16), isNext
  end
  callWith('ZREM', active, endedMembers)
  callWith('ZREM', delayed, readyMembers)
  local entries = readFields(history, ids)
  local lists, rewritten, stalled = {}, {}, 0
  for index, id in ipairs(ids) do
    local past = entries[index] and readHistory(entries[index])
    local body = (not past or past.isCancelled) and redis.call('HGET', messages, id)
    if not past and body then
      past = freshHistory(body, places[index])
    end
    -- Without a body, or with another place, it is the trace of something that somebody damaged by hand.
    if past and past.place == places[index] then
      stalled = stalled + (isLease[index] and 1 or 0)
      if past.isCancelled then
        strike(id, body or '', past)
        count('cancelled', 1)
      else
        past.state, past.isStarted = 'w', false
        rewritten[#rewritten + 1] = id
        rewritten[#rewritten + 1] = writeHistory(past)
        local list = lists[past.level] or {}
        lists[past.level] = list
        list[#list + 1] = '!' .. id
      end
    end
  end
  callWith('HSET', history, rewritten)
  for level, list in pairs(lists) do
    callWith('RPUSH', levelList(level), list)
  end
  count('stalled', stalled)
end

local due = nearest()
if due and due <= now then
  takeBack()
  due = nearest()
end

local max, paused = tonumber(ARGV[6]), isPaused()
local ids, bodies, pasts, claimedLevels = {}, {}, {}, {}
local hasPast, wasHere = false, {}
-- Ids whose message is gone are passed over, but not without end.
local passOver = 1000
if max > 0 and not paused then
  for level in string.gmatch(ARGV[10], '.') do
    while #ids < max and passOver > 0 do
      local popped = redis.call('LPOP', levelList(level), math.min(max - #ids, chunk))
      if not popped then
        break
      end
      local returned, gone = 0, {}
      for index, element in ipairs(popped) do
        if string.byte(element) == 33 then
          returned = returned + 1
          popped[index] = string.sub(element, 2)
          wasHere[popped[index]] = true
        end
      end
      local found = redis.call('HMGET', messages, unpack(popped))
      local entries = returned > 0 and redis.call('HMGET', history, unpack(popped))
      for index, id in ipairs(popped) do
        local body, entry = found[index], entries and wasHere[id] and entries[index]
        if body and (not entry or string.byte(entry) == 119) then
          local at = #ids + 1
          ids[at], bodies[at], claimedLevels[at], pasts[at] = id, body, level, entry
          hasPast = hasPast or entry
        else
          passOver = passOver - 1
          if string.sub(redis.call('HGET', history, id) or '', 1, 1) == 't' then
            gone[#gone + 1] = id
          end
        end
      end
      forgetGone(gone, level)
    end
  end
end

local order = 0
if #ids > 0 then
  local members, entries = { 'inf', keeper }, { keeper, keeper }
  local ends = set(nowUp + tonumber(ARGV[9]))
  local score = string.format('%.0f', ends)
  local startNow = tonumber(ARGV[7])
  order = takeOrders(#ids)
  for index, id in ipairs(ids) do
    local token, entry = toPlace(order + index), pasts[index]
    local at = 2 * index + 2
    local isStarted = index <= startNow
    members[at - 1], members[at] = score, token .. id
    entries[at - 1] = id
    if entry then
      local past = readHistory(entry)
      past.state, past.place, past.token, past.isStarted = 'a', token, token, isStarted
      past.deliveries = past.deliveries + 1
      pasts[index] = past.starts .. ' ' .. past.deliveries .. ' ' .. past.redrives .. (past.hasErrors and ' e' or '')
      past.starts = past.starts + (isStarted and 1 or 0)
      entries[at] = writeHistory(past)
    else
      entries[at] = 'a' .. claimedLevels[index] .. (isStarted and 's--' or '---') .. token .. token .. (isStarted and '1 1 0' or '0 1 0')
      pasts[index] = ''
    end
  end
  callWith('ZADD', active, members)
  callWith('HSET', history, entries)
  due = math.min(due or ends, ends)
elseif max > 0 then
  forgetWindows(1000)
end
if passOver <= 0 then
  due = now
end

-- Whoever looks is not to be woken, unless it found less than it has room for; it is put in behind those that it wakes for the next due time.
local staysIdle = ARGV[5] == '1' or (max > 0 and #ids < tonumber(ARGV[8]))
if ARGV[4] == '1' and max > 0 then
  redis.call('ZREM', idle, ARGV[3])
end
if not paused then
  wakeForTime(soonest, due)
end
if staysIdle then
  local clock = redis.call('TIME')
  local seconds = tonumber(clock[1])
  -- One that was not heard for a minute is dead.
  redis.call('ZREMRANGEBYSCORE', idle, '-inf', seconds - 60)
  staysIdle = type(redis.pcall('ZADD', idle, seconds + clock[2] / 1000000, ARGV[3])) == 'number'
end
if not isWoken then
  wakeForWork()
end

local reply = {
  table.concat(lost, ' '),
  -- Rounded up: who looks before it is due looks again at once.
  due and math.max(0, math.ceil(due - now)) or -1,
  paused and 1 or 0,
  staysIdle and 1 or 0,
  toPlace(order),
  table.concat(ids, '\n'),
  hasPast and table.concat(pasts, '\n') or '',
}
for index, body in ipairs(bodies) do
  reply[7 + index] = body
end
return reply
