-- The job that an id names: keys.ts writes some ids otherwise, so that none is taken for a key or a number of BullMQ's. Where no job of
-- ours has it, it is a plain client's own.
local function resolve(id)
  if not string.find(id, '%', 1, true) or redis.call('EXISTS', base .. id) == 1 then
    return id
  end
  if string.byte(id) == 37 and string.sub(id, 1, 3) ~= '%3A' then
    id = string.sub(id, 2)
  end
  return (string.gsub(id, '%%3A', ':'))
end
