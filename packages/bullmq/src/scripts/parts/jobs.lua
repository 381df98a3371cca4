-- A job is BullMQ's hash: name, data, opts, timestamp, delay, priority; processedOn, finishedOn, failedReason, stacktrace; deid
-- (deduplication id); ats (how often it was handed out); atm (attempts made: its starts, without the one that is under way). Ours are
-- besides
--   qs  the meta of a message that we published: where it is missing, a plain client put the job in
--   qt  the token of its present delivery by us, and behind it 's' where its start is marked, else '-'
--   qx  its cancel was requested
--   qd  how often it was redriven
--   qr  why it is dead
-- A token is an order number and, behind ':', `ats`: a delivery to a plain worker since makes it stale.

-- The delivery that this token is of, or nothing: a plain client may have taken the job back, or have it now.
local function readHeld(id, token)
  local mark, ats, cancelled, priority, window, ours = unpack(redis.call('HMGET', base .. id, 'qt', 'ats', 'qx', 'priority', 'deid', 'qs'))
  if not mark or string.sub(mark, 1, -2) ~= token or string.match(token, ':(%d+)$') ~= ats then
    return nil
  end
  return {
    isStarted = string.sub(mark, -1) == 's',
    isCancelled = cancelled,
    priority = tonumber(priority) or 0,
    window = window,
    isOurs = ours,
  }
end

-- The key of a job's own things that go with it.
local function forget(id)
  local job = base .. id
  redis.call('DEL', job, job .. ':lock', job .. ':logs')
end

-- Ends the deduplication window that a message opened, if it is still its own.
local function endWindow(id, window)
  local key = window and base .. 'de:' .. window
  if key and redis.call('GET', key) == id then
    redis.call('DEL', key)
    redis.call('ZREM', windows, window)
  end
end

-- Takes a message out before it was processed; its place is cleared already.
local function strike(id, window, from)
  forget(id)
  endWindow(id, window)
  tell('removed', id, 'prev', from)
end
