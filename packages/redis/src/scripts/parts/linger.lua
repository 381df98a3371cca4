-- Puts a process among those to be woken; those that were not heard for a minute are dead. False where the server has no memory for it.
local function linger(channel)
  local clock = redis.call('TIME')
  local seconds = tonumber(clock[1])
  redis.call('ZREMRANGEBYSCORE', idle, '-inf', seconds - 60)
  return type(redis.pcall('ZADD', idle, seconds + clock[2] / 1000000, channel)) == 'number'
end
