-- Renews leases and marks starts.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 lease in ms  4 how many  5 a character each: 's' started, '-'  6... their ids, then their tokens
-- Answers a character each: h(eld), l(ost), c(ancel requested).
-- Invariant: only the current delivery is renewed, also one whose end has passed and that nobody took back.

--- include keys time chunks orders history wake nearest

local total, starts = tonumber(ARGV[4]), ARGV[5]
local ids = arguments(6, total)
local entries = readFields(history, ids)
local pasts, answers, oldMembers, held = {}, {}, {}, 0
for index, id in ipairs(ids) do
  local past = pasts[id] or (entries[index] and readHistory(entries[index]))
  if not past or past.state ~= 'a' or past.token ~= ARGV[5 + total + index] then
    answers[index] = 'l'
  else
    if not pasts[id] then
      pasts[id] = past
      oldMembers[#oldMembers + 1] = past.place .. id
    end
    if not past.isStarted and string.sub(starts, index, index) == 's' then
      past.isStarted, past.starts = true, past.starts + 1
    end
    held = held + 1
    past.order = held
    answers[index] = past.isCancelled and 'c' or 'h'
  end
end

if held > 0 then
  local before = nearest()
  local ends = nowUp + tonumber(ARGV[3])
  callWith('ZREM', active, oldMembers)
  local order = takeOrders(held)
  local members, rewritten = {}, {}
  for id, past in pairs(pasts) do
    past.place = toPlace(order + past.order)
    members[#members + 1] = ends
    members[#members + 1] = past.place .. id
    rewritten[#rewritten + 1] = id
    rewritten[#rewritten + 1] = writeHistory(past)
  end
  callWith('ZADD', active, members)
  callWith('HSET', history, rewritten)
  -- A lease that was shortened; those who wait know of the others.
  if ends < before then
    wakeForTime(ends, nearest())
  end
end
return table.concat(answers)
