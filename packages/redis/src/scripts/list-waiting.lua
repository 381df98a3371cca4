-- A page of those that wait, in the order of claiming.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  1 how many  2 level to begin in  3 how many of its list were passed  4 the last one of them, or ''
-- Answers { level, passed, the page's last one, or '' after the last page, then of each message: id, body, history or '', errors or '', '' }
-- Invariant: whatever was claimed meanwhile, what still waits behind the last one of the page before is shown. If that one itself was
--       claimed, so was all that stood before it.

--- include keys show

local limit, level, passed, last = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
if last ~= '' and redis.call('LINDEX', levelList(level), passed - 1) ~= last then
  passed = (redis.call('LPOS', levelList(level), last) or -1) + 1
end
local reply = { '', 0, '' }
local looks = 10 * limit + 100
while level <= 3 do
  local elements = redis.call('LRANGE', levelList(level), passed, passed + limit - 1)
  if #elements == 0 then
    level, passed, last = level + 1, 0, ''
  end
  for _, element in ipairs(elements) do
    if (#reply - 3) / 5 >= limit or looks == 0 then
      reply[1], reply[2], reply[3] = level, passed, last
      return reply
    end
    looks, passed, last = looks - 1, passed + 1, element
    local id = string.match(element, '^!?(.*)$')
    local body = redis.call('HGET', messages, id)
    local entry = redis.call('HGET', history, id)
    if body and (not entry or string.sub(entry, 1, 1) == 'w') then
      local at = #reply
      reply[at + 1] = id
      reply[at + 2], reply[at + 3], reply[at + 4], reply[at + 5] = show(id, body, entry)
    end
  end
end
return reply
