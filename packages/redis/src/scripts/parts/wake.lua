-- Waking: `idle` holds the wake channels of the processes that wait, by when they were last heard. Whoever brings work takes one out
-- and tells it; one that nobody hears is gone, and the next one is told. ARGV[2]: what to tell, the queue's name.
local isWoken = false

local function wakeOne()
  while not isWoken do
    local channel = redis.call('ZPOPMIN', idle)[1]
    if not channel then
      return
    end
    isWoken = redis.call('PUBLISH', channel, ARGV[2]) > 0
  end
end

local function isPaused()
  return redis.call('HEXISTS', state, 'paused') == 1
end

local function hasWaiting()
  return redis.call('EXISTS', KEYS[13], KEYS[14], KEYS[15], KEYS[16]) > 0
end

-- For whoever put something in a list.
local function wakeForWork()
  if redis.call('EXISTS', idle) == 1 and not isPaused() and hasWaiting() then
    wakeOne()
  end
end

-- Every process that waits looks again after so long at the latest (waiters.ts): only what falls due before need be told.
local longestWaitMs = 5000

-- For whoever set a time: the nearest of all is told, since nobody may know of it.
local function wakeForTime(due, nearest)
  if due and due <= nearest and due - now < longestWaitMs then
    wakeOne()
  end
end
