-- Tells BullMQ's QueueEvents. The first event of a script trims the stream, so that none of its own is cut off.
local isTrimmed = false

local function tell(event, id, ...)
  if isTrimmed then
    redis.call('XADD', events, '*', 'event', event, 'jobId', id, ...)
  else
    isTrimmed = true
    redis.call('XADD', events, 'MAXLEN', '~', mostEvents or 10000, '*', 'event', event, 'jobId', id, ...)
  end
end
