-- Renews leases and marks starts.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  1 ''  2 lease in ms  3 how many  4 a character each: 's' started, '-'  5... their ids, then their tokens
-- Answers a character each: h(eld), l(ost), c(ancel requested).
-- Invariant: only the current delivery is renewed, also one whose end has passed and that nobody took back.

--- include keys redis/time redis/chunks settings events due marker jobs

local total, starts = tonumber(ARGV[3]), ARGV[4]
local ends = nowUp + tonumber(ARGV[2])
local answers, held = {}, {}
for index = 1, total do
  local id, token = ARGV[4 + index], ARGV[4 + total + index]
  local job = base .. id
  local delivery = readHeld(id, token)
  -- Without its lock it may be waiting: a plain client took it back.
  local isActive = delivery and (redis.call('GET', job .. ':lock') == token or redis.call('LPOS', active, id))
  if isActive then
    redis.call('SET', job .. ':lock', token, 'PX', ARGV[2])
    if not delivery.isStarted and string.sub(starts, index, index) == 's' then
      redis.call('HSET', job, 'qt', token .. 's')
    end
    held[#held + 1] = id
    answers[index] = delivery.isCancelled and 'c' or 'h'
  else
    answers[index] = 'l'
  end
end

if #held > 0 then
  callWith('ZREM', leases, held)
  local score = scoreFor(leases, ends)
  local members = {}
  for index, id in ipairs(held) do
    members[2 * index - 1], members[2 * index] = math.min(score + index - 1, ends * 4096 + 4095), id
  end
  callWith('ZADD', leases, members)
  -- Else a plain worker's check takes them for abandoned.
  callWith('SREM', stalled, held)
  if ends - now < longestWaitMs and ends == nearest() then
    markTime(ends)
  end
end
return table.concat(answers)
