-- Turns the wheel: settles, takes back what fell due, claims.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  1 ''  2 how many to claim  3 of these marked as started  4 lease in ms  5 priorities, in order ('1234')
--       6 '1': this process waited before
--       7 how many settlements  8 their kinds, a character each
--       9... their ids, then their tokens, then what goes with a kind:
--       c(omplete); r(etry): delay, error; l (release): delay; d(ead): reason, '1' if started, error; x (drop): counter, error
--       An error is '', or a JSON string.
-- Answers { indices of lost settlements, next due in ms or -1, 1 if paused, how many were claimed,
--       of each claim: id, token, then the fields of `read` (parts/show.lua) }
-- Invariant: a job is in one place; what is not the current delivery changes nothing. The first write of each part frees memory, so that
--       work ends also on a server that has none left.

--- include keys redis/time redis/chunks redis/count redis/orders settings events due marker places jobs show settle take-back claim

local lost = settleAll(tonumber(ARGV[7]), ARGV[8], 9)

local due = nearest()
if due and due <= now then
  takeBackDue()
end
takeBackForeign()

local claims = claim(tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5])
due = nearest()

-- Who waited knew what falls due next; now that it works, another one has to.
if #claims > 0 and due and (ARGV[6] == '1' or due == leaseSet) and due - now < longestWaitMs then
  markTime(due)
elseif delaySet then
  markTime(nearestOf(delayed))
end
markWork()

local reply = { table.concat(lost, ' '), due and math.max(0, due - now) or -1, paused and 1 or 0, #claims }
if limitedFor and reply[2] > limitedFor then
  reply[2] = limitedFor
end
for _, one in ipairs(claims) do
  local first = #reply
  for index = 1, 2 + fieldCount do
    reply[first + index] = one[index]
  end
end
return reply
