-- Deduplication windows: `windows` holds the first id of each, `windowEnds` when it is over.

-- The first id of a window that is open.
local function openWindow(id)
  local ends = redis.call('ZSCORE', windowEnds, id)
  return ends and tonumber(ends) > now and redis.call('HGET', windows, id)
end

-- Forgets some windows that are over.
local function forgetWindows(limit)
  local over = redis.call('ZRANGEBYSCORE', windowEnds, '-inf', now, 'LIMIT', 0, limit)
  if #over > 0 then
    redis.call('ZREM', windowEnds, unpack(over))
    redis.call('HDEL', windows, unpack(over))
  end
end
