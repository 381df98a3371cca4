-- A process that was woken has no use for it: wakes the next one, if there is still something to claim.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name
-- Answers nothing.

--- include keys time wake nearest

wakeForWork()
local due = nearest()
if not isPaused() then
  wakeForTime(due, due)
end
