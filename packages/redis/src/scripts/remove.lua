-- Takes messages out that wait, are delayed or are dead.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  ids
-- Answers a character each: '1' removed, '0' not.
-- Invariant: an active message is its worker's.

--- include keys count history strike leave

local answers = {}
for index, id in ipairs(ARGV) do
  local entry = redis.call('HGET', history, id)
  local past = entry and string.sub(entry, 1, 1) ~= 't' and readHistory(entry)
  local body = redis.call('HGET', messages, id)
  if body and not (past and past.state == 'a') then
    takeOut(id, body, past)
    count('removed', 1)
    answers[index] = '1'
  else
    answers[index] = '0'
  end
end
return table.concat(answers)
