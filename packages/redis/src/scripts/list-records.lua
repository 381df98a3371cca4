-- A page of all records in the order of their first writes, or of those of a state in the order in which they came to it.
--
-- KEYS  those of the kind (parts/record-keys.lua)
-- ARGV  1 now  2 how many  3 '' (all), or '=' and the state  4 place and key of the last one shown, or ''
-- Answers { place and key of the page's last one where there are more, else '', then of each record: key, what HGETALL answers }

--- include record-keys time record

forgetEnded(1000)
local limit, after = tonumber(ARGV[2]), ARGV[4]
local listed, head, last = index, '', '+'
if ARGV[3] ~= '' then
  local wanted = string.sub(ARGV[3], 2)
  listed, head, last = states, wanted .. '\0', '(' .. wanted .. '\1'
end
local first = (after ~= '' and '(' .. head .. after) or (head ~= '' and '[' .. head) or '-'
local members = redis.call('ZRANGEBYLEX', listed, first, last, 'LIMIT', 0, limit + 1)
local answers = { '' }
if #members > limit then
  members[limit + 1] = nil
  answers[1] = string.sub(members[limit], #head + 1)
end
for _, member in ipairs(members) do
  local key = string.sub(member, #head + 17)
  local book = bookOf(key)
  if book and not hasEnded(book) then
    answers[#answers + 1] = key
    answers[#answers + 1] = redis.call('HGETALL', prefix .. key)
  end
end
return answers
