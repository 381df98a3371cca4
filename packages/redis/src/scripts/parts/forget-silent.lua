-- A publisher's name lasts as long as its process: for one that is heard for the first time silent ones are forgotten, some at random,
-- as Redis chooses what to evict.
local function forgetSilent(heard)
  local oldest, oldestHeard
  local isCrowded = redis.call('HLEN', publishers) > 10000
  local sample = redis.call('HRANDFIELD', publishers, 10, 'WITHVALUES')
  for at = 1, #sample, 2 do
    local lastHeard = tonumber(string.sub(sample[at + 1], 65, 74))
    if lastHeard < heard - 86400 then
      redis.call('HDEL', publishers, sample[at])
      isCrowded = false
    elseif not oldestHeard or lastHeard < oldestHeard then
      oldest, oldestHeard = sample[at], lastHeard
    end
  end
  if isCrowded then
    redis.call('HDEL', publishers, oldest)
  end
end
