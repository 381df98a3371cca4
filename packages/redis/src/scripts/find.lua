-- One message, in whatever state.
--
-- KEYS  those of the queue (parts/keys.lua)
-- ARGV  id
-- Answers { body, history or '', errors or '', time or '' }, or nothing.

--- include keys show

local body = redis.call('HGET', messages, ARGV[1])
if not body then
  return false
end
return { show(ARGV[1], body, redis.call('HGET', history, ARGV[1])) }
