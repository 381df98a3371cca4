-- A delay was set in this call.
local delaySet = false

local function comeBack(id, held, delay, isToHead)
  redis.call('HDEL', base .. id, 'qt', 'defa')
  if delay > 0 then
    delaySet = true
    local due = nowUp + delay
    redis.call('ZADD', delayed, scoreFor(delayed, due), id)
    redis.call('HSET', base .. id, 'delay', string.format('%.0f', delay))
    tell('delayed', id, 'delay', string.format('%.0f', due))
    return
  end
  if isToHead then
    toHead(id, held.priority)
  else
    toTail(id, held.priority)
  end
  tell('waiting', id, 'prev', 'active')
end

-- BullMQ's `stacktrace` is a JSON array of strings. Ours has a line break before each comma, where no JSON string has one: so the first
-- error and the last 19 are kept without reading any.
local function keepError(id, line)
  local job = base .. id
  local lines = redis.call('HGET', job, 'stacktrace')
  if not lines or lines == '[]' then
    lines = '[' .. line .. ']'
  else
    local _, breaks = string.gsub(lines, '\n', '')
    if breaks == 19 then
      local first = string.find(lines, '\n', 1, true)
      local second = string.find(lines, '\n', first + 1, true)
      lines = string.sub(lines, 1, first - 1) .. string.sub(lines, second)
    end
    lines = string.sub(lines, 1, -2) .. '\n,' .. line .. ']'
  end
  redis.call('HSET', job, 'stacktrace', lines)
end

local deadNow = 0

local function die(id, reason, isStarted)
  deadNow = deadNow + 1
  local job = base .. id
  -- Whole milliseconds for BullMQ; below these the order in which they died.
  redis.call('ZADD', failed, now + math.min(deadNow, 4000) / 4096, id)
  redis.call('HDEL', job, 'qt', 'defa')
  local made = redis.call('HINCRBY', job, 'atm', isStarted and 1 or 0)
  redis.call('HSET', job, 'finishedOn', now, 'failedReason', reason, 'qr', reason)
  tell('failed', id, 'failedReason', reason, 'prev', 'active')
  if reason == 'attempts-exhausted' then
    tell('retries-exhausted', id, 'attemptsMade', made)
  end
  count('deadLettered', 1)
end

local function drop(id, held, counter)
  if counter == 'cancelled' then
    strike(id, held.window, 'active')
  else
    forget(id)
    tell('removed', id, 'prev', 'active')
  end
  count(counter, 1)
end

-- How many arguments go with a kind, the last of them an error where it has one.
local withKind = { c = 0, r = 2, l = 1, d = 3, x = 2 }

local function settleOther(kind, id, held, first)
  redis.call('DEL', base .. id .. ':lock')
  local line = kind ~= 'l' and ARGV[first + withKind[kind] - 1] or ''
  if line ~= '' then
    count('failed', 1)
  end
  if kind == 'x' then
    drop(id, held, ARGV[first])
    return
  elseif held.isCancelled then
    drop(id, held, 'cancelled')
    return
  end
  if line ~= '' then
    keepError(id, line)
  end
  if kind == 'r' then
    count('retried', 1)
    redis.call('HINCRBY', base .. id, 'atm', 1)
    comeBack(id, held, tonumber(ARGV[first]), false)
  elseif kind == 'l' then
    comeBack(id, held, tonumber(ARGV[first]), true)
  else
    die(id, ARGV[first], ARGV[first + 1] == '1')
  end
end

-- Answers the indices of those that were lost.
local function settleAll(total, kinds, firstId)
  local lost, done, gone = {}, 0, {}
  local extra = firstId + 2 * total
  for index = 1, total do
    local id, token, kind = ARGV[firstId + index - 1], ARGV[firstId + total + index - 1], string.sub(kinds, index, index)
    local held = readHeld(id, token)
    if not held or redis.call('LREM', active, -1, id) == 0 then
      lost[#lost + 1] = index
    else
      gone[#gone + 1] = id
      if kind == 'c' then
        forget(id)
        tell('completed', id, 'returnvalue', 'null', 'prev', 'active')
        done = done + 1
      else
        settleOther(kind, id, held, extra)
      end
    end
    extra = extra + withKind[kind]
  end
  callWith('ZREM', leases, gone)
  callWith('SREM', stalled, gone)
  count('processed', done)
  if done > 0 and redis.call('EXISTS', wait, prioritized, active) == 0 then
    redis.call('XADD', events, '*', 'event', 'drained')
  end
  return lost
end
