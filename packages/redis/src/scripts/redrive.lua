-- Dead messages go to the tails of their levels; starts and deliveries begin anew, errors stay.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3... ids
-- Answers a character each: '1' it was dead, '0' not.

--- include keys time count history wake

local answers, redriven = {}, 0
for index = 3, #ARGV do
  local id = ARGV[index]
  local entry = redis.call('HGET', history, id)
  if entry and string.sub(entry, 1, 1) == 'x' then
    local past = readHistory(entry)
    redis.call('ZREM', dead, past.place .. id)
    past.state, past.starts, past.deliveries, past.redrives, past.reason = 'w', 0, 0, past.redrives + 1, ''
    redis.call('HSET', history, id, writeHistory(past))
    redis.call('RPUSH', levelList(past.level), '!' .. id)
    redriven = redriven + 1
    answers[#answers + 1] = '1'
  else
    answers[#answers + 1] = '0'
  end
end
count('redriven', redriven)
if redriven > 0 then
  wakeForWork()
end
return table.concat(answers)
