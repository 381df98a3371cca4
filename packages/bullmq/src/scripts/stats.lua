-- Counters and gauges.
--
-- KEYS  1 what the queue's keys begin with
-- Answers { counters (name, value …), waiting of each level …, delayed, active, dead, 1 if paused }

--- include keys settings

local range = 4294967296
local reply = { redis.call('HGETALL', stats) }
for priority = 1, 4 do
  local last = priority == 4 and '+inf' or '(' .. string.format('%.0f', (priority + 1) * range)
  reply[1 + priority] = redis.call('ZCOUNT', prioritized, string.format('%.0f', priority * range), last)
end
-- What plain clients put in without a priority is shown as normal.
reply[4] = reply[4] + redis.call('LLEN', wait)
reply[6] = redis.call('ZCARD', delayed)
reply[7] = redis.call('LLEN', active)
reply[8] = redis.call('ZCARD', failed)
reply[9] = paused and 1 or 0
return reply
