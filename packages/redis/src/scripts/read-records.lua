-- Reads records.
--
-- KEYS  those of the kind (parts/record-keys.lua)
-- ARGV  1 now  2... keys
-- Answers of each what HGETALL answers; nothing where there is none.

--- include record-keys time record

local answers = {}
for at = 2, #ARGV do
  local book = bookOf(ARGV[at])
  answers[at - 1] = book and not hasEnded(book) and redis.call('HGETALL', prefix .. ARGV[at]) or {}
end
return answers
