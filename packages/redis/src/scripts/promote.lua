-- Delayed messages go to the tails of their levels now.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3... ids
-- Answers how many were delayed.

--- include keys time history wake

local promoted = 0
for index = 3, #ARGV do
  local id = ARGV[index]
  local entry = redis.call('HGET', history, id)
  if entry and string.sub(entry, 1, 1) == 'd' then
    local past = readHistory(entry)
    redis.call('ZREM', delayed, past.place .. id)
    past.state = 'w'
    redis.call('HSET', history, id, writeHistory(past))
    redis.call('RPUSH', levelList(past.level), '!' .. id)
    promoted = promoted + 1
  end
end
if promoted > 0 then
  wakeForWork()
end
return promoted
