-- Tells BullMQ's QueueEvents. The stream is trimmed once a script, before what the script itself tells.
local isTrimmed = false

local function tell(event, id, ...)
  if not isTrimmed then
    isTrimmed = true
    redis.call('XTRIM', events, 'MAXLEN', '~', mostEvents or 10000)
  end
  redis.call('XADD', events, '*', 'event', event, 'jobId', id, ...)
end
