-- What BullMQ's clients set for all of the queue: pause, `setGlobalConcurrency`, `setGlobalRateLimit`, and the length of the event stream.
local paused, mostActive, mostInTime, limitTime, mostEvents =
  unpack(redis.call('HMGET', meta, 'paused', 'concurrency', 'max', 'duration', 'opts.maxLenEvents'))

-- May be called often: what is active changes within a script.
local function handsOut()
  return not paused and not (mostActive and redis.call('LLEN', active) >= tonumber(mostActive))
end
