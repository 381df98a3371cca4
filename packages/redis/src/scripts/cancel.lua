-- Takes messages out that wait, and asks the holders of active ones to stop.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  ids
-- Answers a character each: r(emoved), q (requested), d(ead), n(ot found).

--- include keys count history strike leave

local answers = {}
for index, id in ipairs(ARGV) do
  local entry = redis.call('HGET', history, id)
  local past = entry and string.sub(entry, 1, 1) ~= 't' and readHistory(entry)
  local body = redis.call('HGET', messages, id)
  if not body then
    answers[index] = 'n'
  elseif past and past.state == 'x' then
    answers[index] = 'd'
  elseif past and past.state == 'a' then
    past.isCancelled = true
    redis.call('HSET', history, id, writeHistory(past))
    answers[index] = 'q'
  else
    takeOut(id, body, past)
    count('cancelled', 1)
    answers[index] = 'r'
  end
end
return table.concat(answers)
