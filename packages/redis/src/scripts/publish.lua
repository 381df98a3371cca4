-- Stores messages, all or none; a call that ran before stores nothing.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 now  2 queue name  3 publisher  4 sequence  5 '1': look the ids up
--       6 the levels, a character each  7 how many are special  8... id and body of each
--       then, of each special one: its index, delay in ms, deduplication id or '', window in ms
-- Answers 'p' (all are published), 'r' (this call ran before), 'o' (too old to know), or for each message
--       'p', 'd' (its id is here), or '=' and the first id of its window.
-- Invariant: nothing is written before all is checked. The first write needs memory, so that a server without any refuses the whole.

--- include keys time chunks count orders history windows publishers wake nearest

local levels, specials = ARGV[6], tonumber(ARGV[7])
local total = #levels
local firstSpecial = 8 + 2 * total

local publisher, heard = ARGV[3], redis.call('TIME')[1]
local known = redis.call('HGET', publishers, publisher)
local verdict, remembered = judgeCall(known, ARGV[4], heard)
if verdict then
  return verdict
end

local checksIds = ARGV[5] == '1'
-- What is told of those that are not stored, and what is special of the others, by index.
local refused, hasRefused, special = {}, false, {}
local gone, deduplicated = {}, 0
for at = firstSpecial, firstSpecial + 4 * (specials - 1), 4 do
  special[tonumber(ARGV[at])] = at
end
if checksIds or specials > 0 then
  local here, opened = {}, {}
  for index = 1, total do
    local id, at = ARGV[6 + 2 * index], special[index]
    if checksIds and (here[id] or redis.call('HEXISTS', messages, id) == 1) then
      refused[index], hasRefused = 'd', true
    elseif at and ARGV[at + 2] ~= '' then
      local window = ARGV[at + 2]
      local firstId = opened[window] or openWindow(window)
      if firstId then
        refused[index], hasRefused, deduplicated = '=' .. firstId, true, deduplicated + 1
      else
        opened[window] = id
      end
    end
    if checksIds and not refused[index] then
      here[id] = true
      local entry = redis.call('HGET', history, id)
      if entry and string.sub(entry, 1, 1) == 't' then
        gone[id] = entry
      end
    end
  end
end

local bodies, lists, delays = {}, {}, {}
for index = 1, total do
  if not refused[index] then
    local id, at = ARGV[6 + 2 * index], special[index]
    if hasRefused then
      bodies[#bodies + 1] = id
      bodies[#bodies + 1] = ARGV[7 + 2 * index]
    end
    if at and tonumber(ARGV[at + 1]) > 0 then
      delays[#delays + 1] = index
    else
      local level = string.sub(levels, index, index)
      local list = lists[level]
      if not list then
        list = {}
        lists[level] = list
      end
      list[#list + 1] = id
    end
  end
end

if hasRefused then
  callWith('HSET', messages, bodies)
else
  for first = 8, firstSpecial - 1, chunk do
    redis.call('HSET', messages, unpack(ARGV, first, math.min(first + chunk, firstSpecial) - 1))
  end
end
-- An id that stands in a list from an earlier life must not be handed out at that place.
for id, entry in pairs(gone) do
  local level, mark = string.sub(entry, 2, 2), string.sub(entry, 3)
  redis.call('LREM', levelList(level), 1, mark .. id)
  redis.call('HDEL', history, id)
  redis.call('HINCRBY', state, 'gone' .. level, -1)
end

for level, list in pairs(lists) do
  callWith('RPUSH', levelList(level), list)
end

if #delays > 0 then
  local members, entries = {}, {}
  local order = takeOrders(#delays)
  for position, index in ipairs(delays) do
    local id, due = ARGV[6 + 2 * index], setDue(nowUp + tonumber(ARGV[special[index] + 1]))
    local place = toPlace(order + position)
    members[2 * position - 1], members[2 * position] = due, place .. id
    entries[2 * position - 1] = id
    entries[2 * position] = 'd' .. string.sub(levels, index, index) .. '---' .. place .. place .. '0 0 0'
  end
  callWith('ZADD', delayed, members)
  callWith('HSET', history, entries)
end

for index, at in pairs(special) do
  local window = ARGV[at + 2]
  if window ~= '' and not refused[index] then
    redis.call('HSET', windows, window, ARGV[6 + 2 * index])
    redis.call('ZADD', windowEnds, nowUp + tonumber(ARGV[at + 3]), window)
    -- More than the one that was opened: so they can't pile up.
    forgetWindows(4)
  end
end

-- Last: a call that met damaged data midway did not run, and must not be answered as one that did.
redis.call('HSET', publishers, publisher, remembered)
if not known then
  forgetSilent(heard)
end

local stored = total
if hasRefused then
  stored = #bodies / 2
end
count('published', stored)
count('deduplicated', deduplicated)

if stored > #delays then
  wakeForWork()
end
if soonest and not isPaused() then
  wakeForTime(soonest, nearest())
end

if not hasRefused then
  return 'p'
end
for index = 1, total do
  refused[index] = refused[index] or 'p'
end
return refused
