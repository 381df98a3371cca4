-- `now` counts whole milliseconds that have passed; what is set from here on counts from `nowUp`, so that nothing is ever over early.
-- ARGV[1]: the time of a test's clock, or '' for the server's.
local now = tonumber(ARGV[1])
local nowUp = now
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
  nowUp = now + 1
end
