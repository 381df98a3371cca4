-- A counter that can't grow any more is not what stops the work.
local function count(name, by)
  if by ~= 0 then
    redis.pcall('HINCRBY', stats, name, by)
  end
end
