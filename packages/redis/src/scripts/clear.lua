-- Removes messages of a state, some at a time; `everything` also what the queue keeps besides, once there is no message left.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 state  4 how many at the most
-- Answers { how many were removed, 1 if some may be left }

--- include keys time chunks count history strike gone wake

local limit = math.min(tonumber(ARGV[4]), 1000)

-- Removes these, whose places are cleared already. Answers how many were there.
local function removeAll(ids, level)
  local bodies, entries = readFields(messages, ids), readFields(history, ids)
  local removed, gone = 0, {}
  for index, id in ipairs(ids) do
    local entry = entries[index]
    if level and entry and string.sub(entry, 1, 1) == 't' then
      gone[#gone + 1] = id
    else
      strike(id, bodies[index] or '', entry and readHistory(entry))
      removed = removed + (bodies[index] and 1 or 0)
    end
  end
  forgetGone(gone, level)
  return removed
end

local function clearWaiting(howMany)
  local removed = 0
  for level = 0, 3 do
    -- Ids of messages that are gone count for nothing, but they take time.
    for _ = 1, 5 do
      local ids = removed < howMany and redis.call('LPOP', levelList(level), howMany - removed)
      if not ids then
        break
      end
      for index, element in ipairs(ids) do
        ids[index] = string.match(element, '^!?(.*)$')
      end
      removed = removed + removeAll(ids, level)
    end
  end
  return removed
end

local function clearStanding(standing, howMany)
  local removed = 0
  while removed < howMany do
    local members = redis.call('ZRANGEBYSCORE', standing, '-inf', '(inf', 'LIMIT', 0, howMany - removed)
    if #members == 0 then
      break
    end
    callWith('ZREM', standing, members)
    for index, member in ipairs(members) do
      members[index] = string.sub(member, 17)
    end
    removed = removed + removeAll(members)
  end
  return removed
end

local standings = { delayed = delayed, active = active, dead = dead }
local removed, isMore = 0, false
for _, name in ipairs({ 'waiting', 'delayed', 'active', 'dead' }) do
  local standing = standings[name]
  if ARGV[3] == name or ARGV[3] == 'everything' then
    removed = removed + (standing and clearStanding(standing, limit - removed) or clearWaiting(limit - removed))
    isMore = isMore or (standing and redis.call('ZCOUNT', standing, '-inf', '(inf') > 0 or not standing and hasWaiting())
  end
end
count('removed', removed)
if ARGV[3] == 'everything' and removed == 0 and not isMore then
  -- Who waits is told, and puts itself in again.
  while redis.call('EXISTS', idle) == 1 do
    isWoken = false
    wakeOne()
  end
  redis.call('UNLINK', unpack(KEYS))
end
return { removed, isMore and 1 or 0 }
