-- Publishes frames in their order: one call for a turn's events on many channels.
--
-- KEYS  none
-- ARGV  channel, body, channel, body ...
-- Answers nothing; where one is refused (by permissions), how many were published before it, and why: none is after it.
for index = 1, #ARGV, 2 do
  local reply = redis.pcall('PUBLISH', ARGV[index], ARGV[index + 1])
  if type(reply) == 'table' then return { (index - 1) / 2, reply.err } end
end
return false
