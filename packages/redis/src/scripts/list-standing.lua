-- A page of the delayed or active ones by their time, or of the dead ones newest first.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 how many  2 state  3 time of the last one shown, or ''  4 its place and id
-- Answers { time, place and id of the page's last one where there are more, else '' and '', then of each message: id, body, history, errors or '', time }
-- Invariant: what comes or goes between two pages shifts none of the others.

--- include keys history show

local limit = tonumber(ARGV[1])
local isNewestFirst = ARGV[2] == 'dead'
local standing = ({ delayed = delayed, active = active, dead = dead })[ARGV[2]]
local score, after = ARGV[3], ARGV[4]

-- How many stand up to and with the last one shown. Those of one time are sorted by their text.
local function countUpTo()
  local low = redis.call('ZCOUNT', standing, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', standing, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZRANGE', standing, middle, middle)[1] <= after then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local members
if isNewestFirst then
  -- From here on all are newer, or the last one shown itself.
  local older = redis.call('ZCARD', standing)
  if score ~= '' then
    older = countUpTo() - (redis.call('ZSCORE', standing, after) and 1 or 0)
  end
  members = older == 0 and {} or redis.call('ZRANGE', standing, math.max(0, older - limit - 1), older - 1)
  for index = 1, math.floor(#members / 2) do
    local mirror = #members + 1 - index
    members[index], members[mirror] = members[mirror], members[index]
  end
else
  local shown = score == '' and 0 or countUpTo()
  members = redis.call('ZRANGE', standing, shown, shown + limit)
  if members[#members] == keeper then
    members[#members] = nil
  end
end

local reply = { '', '' }
if #members > limit then
  members[limit + 1] = nil
  reply[1], reply[2] = redis.call('ZSCORE', standing, members[limit]), members[limit]
end
for _, member in ipairs(members) do
  local id = string.sub(member, 17)
  local body = redis.call('HGET', messages, id)
  local entry = redis.call('HGET', history, id)
  if body and entry then
    local at = #reply
    reply[at + 1] = id
    reply[at + 2], reply[at + 3], reply[at + 4], reply[at + 5] = show(id, body, entry)
  end
end
return reply
