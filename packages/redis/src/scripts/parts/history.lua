-- What happened to a message: one text in the hash `history`, absent for one that was never delayed or handed out. In a list the id of
-- one that has a history stands behind an exclamation mark, so that the others need not be looked up.
--
--   1      state: w(aiting) d(elayed) a(ctive) x (dead); t: gone, but it still stands in a list
--   2      level
--   3-5    marks: s (its present delivery is marked as started) c (cancel requested) e (has errors), or -
--   6-21   place: with the id behind it the member of active, delayed or dead
--   22-37  token of its last delivery
--   38-    starts deliveries redrives [reason]
local function readHistory(entry)
  local starts, deliveries, redrives, reason = string.match(entry, '^(%d+) (%d+) (%d+)(.*)$', 38)
  return {
    state = string.sub(entry, 1, 1),
    level = string.sub(entry, 2, 2),
    isStarted = string.sub(entry, 3, 3) == 's',
    isCancelled = string.sub(entry, 4, 4) == 'c',
    hasErrors = string.sub(entry, 5, 5) == 'e',
    place = string.sub(entry, 6, 21),
    token = string.sub(entry, 22, 37),
    starts = tonumber(starts),
    deliveries = tonumber(deliveries),
    redrives = tonumber(redrives),
    reason = reason,
  }
end

local function writeHistory(past)
  return past.state
    .. past.level
    .. (past.isStarted and 's' or '-')
    .. (past.isCancelled and 'c' or '-')
    .. (past.hasErrors and 'e' or '-')
    .. past.place
    .. past.token
    .. past.starts
    .. ' '
    .. past.deliveries
    .. ' '
    .. past.redrives
    .. past.reason
end

-- Of a message that has none: it waits for the first time, or somebody damaged it by hand.
local function freshHistory(body, place)
  local level = string.match(body, '^[0-3]') or '2'
  return {
    state = 'w',
    level = level,
    place = place,
    token = place,
    starts = 0,
    deliveries = 0,
    redrives = 0,
    reason = '',
  }
end

-- A text of more than 64 characters lies in `active` (as the last one) and in `history` while anybody works. Without it the server would keep
-- small ones as one piece of memory, which each call walks through: with a hundred active messages a claim of a hundred took twice as long.
local keeper = 'this entry keeps the set a skip list, and the hash a table, from the first one on'
