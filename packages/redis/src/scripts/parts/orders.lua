-- Numbers that grow with each delivery, delay and renewal of the queue: token of a delivery, and place among what falls due at once.
-- 16 digits, so that they sort as text. They begin with the server's time: a queue that was emptied, or whose bookkeeping was lost,
-- goes on above all that was handed out before.

-- Takes so many, and answers the number before the first one.
local function takeOrders(howMany)
  local last = redis.call('HINCRBY', state, 'order', howMany)
  if last < 1e15 then
    local clock = redis.call('TIME')
    last = 2 * (clock[1] * 1000000 + clock[2]) + howMany
    redis.call('HSET', state, 'order', string.format('%.0f', last))
  end
  return last - howMany
end

local function toPlace(order)
  return string.format('%.0f', order)
end
