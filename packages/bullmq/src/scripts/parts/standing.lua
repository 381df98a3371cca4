-- Where a job stands; nothing where it is finished, waits for its children, or is not there.
local function standingOf(id)
  if redis.call('ZSCORE', prioritized, id) then
    return 'prioritized'
  elseif redis.call('ZSCORE', delayed, id) then
    return 'delayed'
  elseif redis.call('ZSCORE', failed, id) then
    return 'failed'
  elseif redis.call('ZSCORE', leases, id) or redis.call('LPOS', active, id) then
    return 'active'
  elseif redis.call('LPOS', wait, id) then
    return 'wait'
  end
end
