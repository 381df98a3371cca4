-- Stores messages as BullMQ's jobs, all or none; a call that ran before stores nothing.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  1 ''  2 publisher  3 sequence  4 '1': look the ids up  5 how many
--       6... of each message: id, type, priority, payload, opts, meta, delay in ms, deduplication id or '', window in ms
-- Answers 'p' (all are published), 'r' (this call ran before), 'o' (too old to know), or for each message
--       'p', 'd' (its id is here), or '=' and the first id of its window.
-- Invariant: nothing is written before all is checked. The first write needs memory, so that a server without any refuses the whole.

--- include keys redis/time redis/chunks redis/count settings events due marker places calls

local perMessage = 9
local total = tonumber(ARGV[5])

local remembered, known = admit(ARGV[2], tonumber(ARGV[3]))
if not remembered then
  return known
end

-- An id of an earlier life of the same name may still have a key: it is another client's job, or a completed one that was kept.
local outcomes, isAnyRefused, deduplicated = {}, false, 0
local here, opened = {}, {}
for index = 1, total do
  local at = 6 + perMessage * (index - 1)
  local id, window = ARGV[at], ARGV[at + 7]
  if ARGV[4] == '1' and (here[id] or redis.call('EXISTS', base .. id) == 1) then
    outcomes[index], isAnyRefused = 'd', true
  else
    local first = window ~= '' and (opened[window] or redis.call('GET', base .. 'de:' .. window))
    if first then
      outcomes[index], isAnyRefused, deduplicated = '=' .. first, true, deduplicated + 1
    else
      outcomes[index], here[id], opened[window] = 'p', true, id
    end
  end
end

local stored, waiting = 0, {}
local isAnyDelayed = false
for index = 1, total do
  if outcomes[index] == 'p' then
    stored = stored + 1
    local at = 6 + perMessage * (index - 1)
    local id, priority, delay, window = ARGV[at], ARGV[at + 2], ARGV[at + 6], ARGV[at + 7]
    local job = base .. id
    redis.call('HSET', job, 'name', ARGV[at + 1], 'data', ARGV[at + 3], 'opts', ARGV[at + 4], 'timestamp', now,
      'delay', delay, 'priority', priority, 'qs', ARGV[at + 5])
    tell('added', id, 'name', ARGV[at + 1])
    if window ~= '' then
      redis.call('HSET', job, 'deid', window)
      redis.call('SET', base .. 'de:' .. window, id, 'PX', ARGV[at + 8])
      redis.call('ZADD', windows, nowUp + tonumber(ARGV[at + 8]), window)
    end
    if delay == '0' then
      waiting[#waiting + 1] = tonumber(priority)
      waiting[#waiting + 1] = id
      tell('waiting', id)
    else
      isAnyDelayed = true
      local due = nowUp + tonumber(delay)
      redis.call('ZADD', delayed, scoreFor(delayed, due), id)
      tell('delayed', id, 'delay', string.format('%.0f', due))
    end
  end
end

if #waiting > 0 then
  local place = takePlaces(#waiting / 2)
  for at = 1, #waiting, 2 do
    place = place + 1
    waiting[at] = placeOf(waiting[at], place)
  end
  callWith('ZADD', prioritized, waiting)
  if handsOut() then
    redis.call('ZADD', marker, 0, '0')
  end
end
if isAnyDelayed then
  markTime(nearestOf(delayed))
end

-- Last: a call that met damaged data midway did not run, and must not be answered as one that did.
redis.call('HSET', publishers, ARGV[2], remembered)
if not known then
  forgetPublishers()
end
if next(opened) then
  redis.call('ZREMRANGEBYSCORE', windows, '-inf', now)
end
count('published', stored)
count('deduplicated', deduplicated)
return isAnyRefused and outcomes or 'p'
