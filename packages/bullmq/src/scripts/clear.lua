-- Removes messages of a state, some at a time; `everything` also what the queue keeps besides, once there is no message left.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  1 state  2 how many at the most
-- Answers how many were removed.

--- include keys redis/chunks redis/count settings events jobs

local limit = math.min(tonumber(ARGV[2]), 1000)

local function strikeAll(ids, from)
  for _, id in ipairs(ids) do
    strike(id, redis.call('HGET', base .. id, 'deid'), from)
  end
  return #ids
end

local function clearList(list, from, howMany)
  return strikeAll(redis.call('LPOP', list, howMany) or {}, from)
end

local function clearSet(set, from, howMany)
  local ids = redis.call('ZRANGE', set, 0, howMany - 1)
  callWith('ZREM', set, ids)
  return strikeAll(ids, from)
end

local steps = {
  waiting = function(howMany)
    local removed = clearList(wait, 'wait', howMany)
    return removed > 0 and removed or clearSet(prioritized, 'prioritized', howMany)
  end,
  delayed = function(howMany)
    return clearSet(delayed, 'delayed', howMany)
  end,
  active = function(howMany)
    local removed = clearList(active, 'active', howMany)
    if removed == 0 then
      redis.call('DEL', leases)
    end
    return removed
  end,
  dead = function(howMany)
    return clearSet(failed, 'failed', howMany)
  end,
}

local removed = 0
for _, name in ipairs({ 'waiting', 'delayed', 'active', 'dead' }) do
  if removed < limit and (ARGV[1] == name or ARGV[1] == 'everything') then
    removed = removed + steps[name](limit - removed)
  end
end
if ARGV[1] ~= 'everything' or removed > 0 then
  count('removed', removed)
  return removed
end

-- What plain clients completed and kept is no message of ours, but it is the queue's.
removed = clearSet(base .. 'completed', 'completed', limit)
if removed > 0 then
  return removed
end
local open = redis.call('ZRANGE', windows, 0, limit - 1)
for _, window in ipairs(open) do
  redis.call('DEL', base .. 'de:' .. window)
end
callWith('ZREM', windows, open)
if redis.call('EXISTS', windows) == 1 then
  return 1
end
-- Who waits sees the marker go, and looks again when its wait ends.
redis.call(
  'DEL', stats, state, publishers, leases, marker, meta, events, placeCounter, stalled,
  base .. 'qs:reap', base .. 'id', base .. 'stalled-check', base .. 'limiter',
  base .. 'metrics:completed', base .. 'metrics:completed:data', base .. 'metrics:failed', base .. 'metrics:failed:data'
)
return 0
