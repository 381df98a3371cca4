-- A bounded number at a time: other clients wait meanwhile.
local takenBackAtOnce = 500

local function backToTail(id, priority, from)
  toTail(id, priority)
  tell('waiting', id, 'prev', from)
end

-- A lease ended. Where the job is not the delivery that we know, a plain client's own check was faster.
local function endLease(id)
  local job = base .. id
  local mark = redis.call('HGET', job, 'qt')
  local held = mark and readHeld(id, string.sub(mark, 1, -2))
  if not held or redis.call('LREM', active, -1, id) == 0 then
    return
  end
  redis.call('DEL', job .. ':lock')
  redis.call('SREM', stalled, id)
  count('stalled', 1)
  if held.isCancelled then
    drop(id, held, 'cancelled')
    return
  end
  if held.isStarted then
    redis.call('HINCRBY', job, 'atm', 1)
  end
  redis.call('HDEL', job, 'qt', 'defa')
  backToTail(id, held.priority, 'active')
  tell('stalled', id)
end

local function endDelay(id)
  local job = base .. id
  local priority = redis.call('HGET', job, 'priority')
  if priority then
    redis.call('HSET', job, 'delay', 0)
    backToTail(id, tonumber(priority) or 0, 'delayed')
  elseif redis.call('EXISTS', job) == 1 then
    backToTail(id, 0, 'delayed')
  end
end

-- Leases that ended and delays that are over, in one order.
local function takeBackDue()
  local latest = now * 4096 + 4095
  local ended = redis.call('ZRANGEBYSCORE', leases, '-inf', latest, 'WITHSCORES', 'LIMIT', 0, takenBackAtOnce)
  local ready = redis.call('ZRANGEBYSCORE', delayed, '-inf', latest, 'WITHSCORES', 'LIMIT', 0, takenBackAtOnce)
  local lease, delay = 1, 1
  for _ = 1, takenBackAtOnce do
    local isLease = ended[lease] and not (ready[delay] and tonumber(ready[delay + 1]) < tonumber(ended[lease + 1]))
    if isLease then
      redis.call('ZREM', leases, ended[lease])
      endLease(ended[lease])
      lease = lease + 2
    elseif ready[delay] then
      redis.call('ZREM', delayed, ready[delay])
      endDelay(ready[delay])
      delay = delay + 2
    else
      return
    end
  end
end

-- What is active without a lease of ours is a plain worker's. Where its lock is gone, too, so is its worker: looked for at most every two
-- seconds, for all processes. (BullMQ's own check is one key for all workers of a queue, and puts what it finds before all others.)
local lookedForMs = 2000

local function takeBackForeign()
  local actives = redis.call('LLEN', active)
  if actives <= redis.call('ZCARD', leases) or not redis.call('SET', base .. 'qs:reap', '1', 'NX', 'PX', lookedForMs) then
    return
  end
  for _, id in ipairs(redis.call('LRANGE', active, -1000, -1)) do
    local job = base .. id
    if not redis.call('ZSCORE', leases, id) and redis.call('EXISTS', job .. ':lock') == 0 then
      redis.call('LREM', active, -1, id)
      redis.call('SREM', stalled, id)
      local mark, priority = unpack(redis.call('HMGET', job, 'qt', 'priority'))
      if mark or priority then
        if mark and string.sub(mark, -1) == 's' then
          redis.call('HINCRBY', job, 'atm', 1)
        end
        redis.call('HDEL', job, 'qt')
        redis.call('HINCRBY', job, 'stc', 1)
        backToTail(id, tonumber(priority) or 0, 'active')
        tell('stalled', id)
      end
    end
  end
end
