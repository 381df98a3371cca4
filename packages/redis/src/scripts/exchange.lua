-- Turns the wheel: settles, takes back what fell due, claims.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 this process's wake channel
--       4 '1': it is among those to be woken  5 '1': others in it still wait
--       6 how many to claim  7 of these marked as started  8 fewer than this many leave it waiting  9 lease in ms  10 levels, in order
--       11 how many settlements  12 their kinds, a character each ('': all are complete)  13 how many ids of failed ones follow last
--       14... their ids, then token and id of each, then what goes with a kind, then the ids of those with errors:
--       c(omplete); r(etry): delay, error; l (release): delay; d(ead): reason, '1' if started, error; x (drop): counter, error
--       An error is '', or '+' and the line.
-- Answers { indices of lost settlements, next due in ms or -1, 1 if paused, 1 if among those to be woken, order before the first claim,
--       ids (a line each), pasts (a line each: starts deliveries redrives, e where it has errors; or nothing), body, body … }
-- Invariant: a message is in one place; what is not the current delivery changes nothing. The first write of each part frees memory, so that
--       work ends also on a server that has none left.

--- include keys time chunks count orders history windows strike gone wake nearest linger settle take-back claim

local lost = {}
local settlements, max = tonumber(ARGV[11]), tonumber(ARGV[6])
if settlements > 0 then
  lost = settle(settlements, ARGV[12], tonumber(ARGV[13]), 14)
end

local due = nearest()
if due and due <= now then
  takeBack()
  due = nearest()
end

local paused = isPaused()
local claimed = popAll(paused and 0 or max, ARGV[10])
local order, total = 0, #claimed.ids
if total > 0 then
  local ends = setDue(nowUp + tonumber(ARGV[9]))
  order = lease(claimed, tonumber(ARGV[7]), ends)
  due = math.min(due or ends, ends)
elseif max > 0 then
  forgetWindows(1000)
end
if passOver <= 0 then
  due = now
end

-- Whoever looks is not to be woken, unless it found less than it has room for; it is put in behind those that it wakes for the next due time.
if ARGV[4] == '1' and max > 0 then
  redis.call('ZREM', idle, ARGV[3])
end
if not paused then
  wakeForTime(soonest, due)
end
local isListed = (ARGV[5] == '1' or (max > 0 and total < tonumber(ARGV[8]))) and linger(ARGV[3])
if not isWoken then
  wakeForWork()
end

local reply = {
  table.concat(lost, ' '),
  -- Rounded up: who looks before it is due looks again at once.
  due and math.max(0, math.ceil(due - now)) or -1,
  paused and 1 or 0,
  isListed and 1 or 0,
  toPlace(order),
  table.concat(claimed.ids, '\n'),
  claimed.hasPast and table.concat(claimed.pasts, '\n') or '',
}
for index, body in ipairs(claimed.bodies) do
  reply[7 + index] = body
end
return reply
