-- Stops or resumes the handing out, for plain workers, too.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  '1': paused, '0': not

--- include keys settings due marker

local wasPaused = paused
paused = ARGV[1] == '1'
if paused then
  redis.call('HSET', meta, 'paused', '1')
  redis.call('DEL', marker)
else
  redis.call('HDEL', meta, 'paused')
  markWork()
  markTime(nearest())
end
if paused ~= (wasPaused and true or false) then
  redis.call('XADD', events, 'MAXLEN', '~', mostEvents or 10000, '*', 'event', paused and 'paused' or 'resumed')
end
return 1
