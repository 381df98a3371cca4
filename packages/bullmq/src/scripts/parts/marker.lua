-- `marker` is what idle workers pop, BullMQ's and ours: '0' where there is a job to take, '1' with a time where one will be due.
local function hasWaiting()
  return redis.call('EXISTS', wait, prioritized) > 0
end

local function markWork()
  if handsOut() and hasWaiting() then
    redis.call('ZADD', marker, 0, '0')
  end
end

-- Every process that waits looks again after so long at the latest (waking.ts): a lease that ends before need be told.
local longestWaitMs = 4000

local function markTime(due)
  if due and not paused then
    redis.call('ZADD', marker, due, '1')
  end
end
