-- Takes messages out that wait, are delayed or are dead.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  ids
-- Answers a character each: '1' removed, '0' not.
-- Invariant: an active message is its worker's.

--- include keys redis/count settings events jobs standing take-out resolve

local answers = {}
for index, given in ipairs(ARGV) do
  local id = resolve(given)
  local standing = standingOf(id)
  if standing and standing ~= 'active' then
    takeOut(id, standing)
    count('removed', 1)
    answers[index] = '1'
  else
    answers[index] = '0'
  end
end
return table.concat(answers)
