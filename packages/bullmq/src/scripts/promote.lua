-- Delayed messages go to the tails of their levels now.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  ids
-- Answers how many were delayed.

--- include keys settings events marker places resolve

local promoted = 0
for _, given in ipairs(ARGV) do
  local id = resolve(given)
  if redis.call('ZREM', delayed, id) == 1 then
    local job = base .. id
    toTail(id, tonumber(redis.call('HGET', job, 'priority') or 0))
    redis.call('HSET', job, 'delay', 0)
    tell('waiting', id, 'prev', 'delayed')
    promoted = promoted + 1
  end
end
if promoted > 0 then
  markWork()
end
return promoted
