-- Takes messages out that wait, and asks the holders of active ones to stop.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  ids
-- Answers a character each: r(emoved), q (requested), d(ead), n(ot found), f (held by a plain worker, which can't be asked).

--- include keys redis/count settings events jobs standing take-out resolve

local answers = {}
for index, given in ipairs(ARGV) do
  local id = resolve(given)
  local standing = standingOf(id)
  if not standing then
    answers[index] = 'n'
  elseif standing == 'failed' then
    answers[index] = 'd'
  elseif standing == 'active' then
    local mark, lock = redis.call('HGET', base .. id, 'qt'), redis.call('GET', base .. id .. ':lock')
    if mark and (not lock or lock == string.sub(mark, 1, -2)) then
      redis.call('HSET', base .. id, 'qx', '1')
      answers[index] = 'q'
    else
      answers[index] = 'f'
    end
  else
    takeOut(id, standing)
    count('cancelled', 1)
    answers[index] = 'r'
  end
end
return table.concat(answers)
