-- Stops or resumes the handing out.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 '1': paused, '0': not
-- Answers nothing.

--- include keys time wake

if ARGV[3] == '1' then
  redis.call('HSET', state, 'paused', '1')
else
  redis.call('HDEL', state, 'paused')
  wakeOne()
end
