-- Puts a process among those to be woken, unless there is something to claim.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 the process's wake channel
-- Answers how long it may sleep in ms: 0 where there is work, -1 where nothing will fall due.

--- include keys time wake nearest linger

local paused = isPaused()
if not paused and hasWaiting() then
  return 0
end
if not linger(ARGV[3]) then
  return redis.error_reply('OOM no memory left for who waits')
end
local due = not paused and nearest()
return due and math.max(0, math.ceil(due - now)) or -1
