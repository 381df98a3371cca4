-- A page of those that stand in one place, in the order of claiming; dead ones newest first.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  1 the place: wait, prioritized, delayed, active, failed  2 how many  3 the last id of the page before, or ''
--       4 how many were passed, or the last one's score
-- Answers { id and position for the page after, or '' and '' after the last page, then what parts/show.lua shows of each }
-- Invariant: what stands behind the last id of the page before is shown, whatever went away meanwhile. If that id itself was taken from a
--       list, so was all that stood before it.

--- include keys due show

local from, limit, last, position = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local key = base .. from

-- A list is taken from its right end.
local function pageOfList()
  local length, passed = redis.call('LLEN', key), tonumber(position) or 0
  if last ~= '' and redis.call('LINDEX', key, -passed) ~= last then
    local found = redis.call('LPOS', key, last, 'RANK', -1)
    passed = found and length - found or 0
  end
  local ids = {}
  for index, id in ipairs(redis.call('LRANGE', key, -passed - limit, -passed - 1)) do
    ids[index] = id
  end
  for index = 1, math.floor(#ids / 2) do
    ids[index], ids[#ids + 1 - index] = ids[#ids + 1 - index], ids[index]
  end
  return ids, passed + #ids, passed + #ids < length
end

local function pageOfSet()
  local isNewestFirst = from == 'failed'
  local passed = 0
  if last ~= '' then
    passed = isNewestFirst and redis.call('ZCOUNT', key, '(' .. position, '+inf') or redis.call('ZCOUNT', key, '-inf', '(' .. position)
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, position, position)) do
      if id == last or (id < last) == not isNewestFirst then
        passed = passed + 1
      end
    end
  end
  local ids = redis.call(isNewestFirst and 'ZREVRANGE' or 'ZRANGE', key, passed, passed + limit - 1)
  local score = #ids > 0 and redis.call('ZSCORE', key, ids[#ids]) or ''
  return ids, score, passed + #ids < redis.call('ZCARD', key)
end

local isList = from == 'wait' or from == 'active'
local ids, next, isMore = (isList and pageOfList or pageOfSet)()
local reply = { '', '' }
if isMore and #ids > 0 then
  reply[1], reply[2] = ids[#ids], tostring(next)
end
for _, id in ipairs(ids) do
  show(reply, id, from)
end
return reply
