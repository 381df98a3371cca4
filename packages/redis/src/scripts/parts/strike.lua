-- Ends the window that a message opened, if it is still its own: another one may have opened it anew since.
local function endWindow(id, body)
  local window = string.match(body, '^[^ \n]* ([^\n]+)\n')
  if window and redis.call('HGET', windows, window) == id then
    redis.call('ZREM', windowEnds, window)
    redis.call('HDEL', windows, window)
  end
end

-- Takes a message out whose place is cleared already, before it was processed.
local function strike(id, body, past)
  redis.call('HDEL', messages, id)
  redis.call('HDEL', history, id)
  if past and past.hasErrors then
    redis.call('HDEL', errors, id)
  end
  endWindow(id, body)
end
