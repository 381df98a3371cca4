-- Dead messages go to the tails of their levels; starts and deliveries begin anew, errors stay.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  ids
-- Answers a character each: '1' it was dead, '0' not.

--- include keys redis/count settings events marker places resolve

local answers, redriven = {}, 0
for index, given in ipairs(ARGV) do
  local id = resolve(given)
  answers[index] = '0'
  if redis.call('ZREM', failed, id) == 1 then
    local job = base .. id
    local priority = redis.call('HGET', job, 'priority')
    redis.call('HDEL', job, 'atm', 'ats', 'stc', 'qt', 'qr', 'failedReason', 'finishedOn', 'processedOn')
    redis.call('HINCRBY', job, 'qd', 1)
    toTail(id, tonumber(priority or 0))
    tell('waiting', id, 'prev', 'failed')
    redriven = redriven + 1
    answers[index] = '1'
  end
end
count('redriven', redriven)
if redriven > 0 then
  markWork()
end
return table.concat(answers)
