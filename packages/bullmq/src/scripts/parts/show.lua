-- What is claimed of a job, in the order in which job-mapping.ts reads it.
local fieldCount = 10
local function read(id)
  return redis.call('HMGET', base .. id, 'name', 'data', 'opts', 'timestamp', 'priority', 'qs', 'atm', 'ats', 'qd', 'defa')
end

-- Adds what `find` and `list` tell of one job to a reply, unless it is gone: id, state, time or '', stacktrace, reason, then those fields.
local function show(reply, id, as)
  local fields = read(id)
  if not fields[1] then
    return
  end
  local trace, reason, mark, finished = unpack(redis.call('HMGET', base .. id, 'stacktrace', 'qr', 'qt', 'finishedOn'))
  local at = ''
  if as == 'active' or as == 'delayed' then
    local score = redis.call('ZSCORE', as == 'active' and leases or delayed, id)
    at = score and string.format('%.0f', dueOf(tonumber(score))) or ''
  elseif as == 'failed' then
    at = finished or ''
  end
  if as == 'active' and mark and string.sub(mark, -1) == 's' then
    fields[7] = tostring((tonumber(fields[7] or nil) or 0) + 1)
  end
  local first = #reply
  reply[first + 1], reply[first + 2], reply[first + 3], reply[first + 4], reply[first + 5] = id, as, at, trace, reason
  for index = 1, fieldCount do
    reply[first + 5 + index] = fields[index]
  end
end
