-- Counters and gauges.
--
-- KEYS  those of the queue (parts/keys.lua)
-- Answers { counters (name, value …), waiting of each level …, delayed, active, dead, 1 if paused }

--- include keys

local reply = { redis.call('HGETALL', stats) }
local gone = redis.call('HMGET', state, 'gone0', 'gone1', 'gone2', 'gone3')
for level = 0, 3 do
  -- Ids of messages that are gone still stand in the lists.
  reply[2 + level] = math.max(0, redis.call('LLEN', levelList(level)) - (tonumber(gone[level + 1]) or 0))
end
reply[6] = redis.call('ZCARD', delayed)
reply[7] = redis.call('ZCOUNT', active, '-inf', '(inf')
reply[8] = redis.call('ZCARD', dead)
reply[9] = redis.call('HEXISTS', state, 'paused')
return reply
