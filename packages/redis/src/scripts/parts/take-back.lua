-- A bounded number at a time: other clients wait meanwhile.
local takenBackAtOnce = 500

-- Leases that ended and delays that are over, in one order: to the tails.
local function takeBack()
  local ended = redis.call('ZRANGEBYSCORE', active, '-inf', now, 'WITHSCORES', 'LIMIT', 0, takenBackAtOnce)
  local ready = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'WITHSCORES', 'LIMIT', 0, takenBackAtOnce)
  local ids, places, isLease = {}, {}, {}
  local lease, delay = 1, 1
  local endedMembers, readyMembers = {}, {}
  while #ids < takenBackAtOnce and (ended[lease] or ready[delay]) do
    local isNext = ended[lease] and true or false
    if ended[lease] and ready[delay] then
      local leaseEnd, delayEnd = tonumber(ended[lease + 1]), tonumber(ready[delay + 1])
      isNext = leaseEnd < delayEnd or (leaseEnd == delayEnd and ended[lease] < ready[delay])
    end
    local member
    if isNext then
      member = ended[lease]
      endedMembers[#endedMembers + 1] = member
      lease = lease + 2
    else
      member = ready[delay]
      readyMembers[#readyMembers + 1] = member
      delay = delay + 2
    end
    ids[#ids + 1], places[#places + 1], isLease[#isLease + 1] = string.sub(member, 17), string.sub(member, 1, 16), isNext
  end
  callWith('ZREM', active, endedMembers)
  callWith('ZREM', delayed, readyMembers)
  local entries = readFields(history, ids)
  local lists, rewritten, stalled = {}, {}, 0
  for index, id in ipairs(ids) do
    local past = entries[index] and readHistory(entries[index])
    local body = (not past or past.isCancelled) and redis.call('HGET', messages, id)
    if not past and body then
      past = freshHistory(body, places[index])
    end
    -- Without a body, or with another place, it is the trace of something that somebody damaged by hand.
    if past and past.place == places[index] then
      stalled = stalled + (isLease[index] and 1 or 0)
      if past.isCancelled then
        strike(id, body or '', past)
        count('cancelled', 1)
      else
        past.state, past.isStarted = 'w', false
        rewritten[#rewritten + 1] = id
        rewritten[#rewritten + 1] = writeHistory(past)
        local list = lists[past.level] or {}
        lists[past.level] = list
        list[#list + 1] = '!' .. id
      end
    end
  end
  callWith('HSET', history, rewritten)
  for level, list in pairs(lists) do
    callWith('RPUSH', levelList(level), list)
  end
  count('stalled', stalled)
end
