-- The soonest time that this call set.
local soonest
local function setDue(due)
  soonest = math.min(soonest or due, due)
  return due
end
