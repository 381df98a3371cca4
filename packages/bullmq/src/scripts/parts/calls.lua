-- Which calls of a publisher ran: the 64 before its highest sequence, '1' or '0' from the latest on; then when it was last heard
-- (s since the epoch, 10 digits), then the highest sequence. The anti-replay window of IPsec, RFC 4303.

-- Answers what to remember once this call has run, or nil and 'o' (too old to know) or 'r' (it ran); then whether the publisher is known.
local function admit(publisher, sequence)
  local known = redis.call('HGET', publishers, publisher)
  local ran, highest = string.rep('0', 64), sequence
  if known then
    ran, highest = string.sub(known, 1, 64), tonumber(string.sub(known, 75))
    local back = highest - sequence
    if back > 64 then
      return nil, 'o'
    elseif back == 0 or (back > 0 and string.sub(ran, back, back) == '1') then
      return nil, 'r'
    elseif back > 0 then
      ran = string.sub(ran, 1, back - 1) .. '1' .. string.sub(ran, back + 1)
    else
      ran = string.sub(string.rep('0', math.min(-back - 1, 64)) .. '1' .. ran, 1, 64)
    end
  end
  local seconds = math.floor(now / 1000)
  return ran .. string.format('%.0f%.0f', seconds, math.max(highest, sequence)), known
end

-- A publisher's name lasts as long as its process: for each new one some that fell silent a day ago are forgotten, and past ten
-- thousand the one of a few that was silent longest.
local function forgetPublishers()
  local sample = redis.call('HRANDFIELD', publishers, 10, 'WITHVALUES')
  local oldest, oldestHeard
  for at = 1, #sample, 2 do
    local heard = tonumber(string.sub(sample[at + 1], 65, 74))
    if heard < now / 1000 - 86400 then
      redis.call('HDEL', publishers, sample[at])
    elseif not oldestHeard or heard < oldestHeard then
      oldest, oldestHeard = sample[at], heard
    end
  end
  if oldest and redis.call('HLEN', publishers) > 10000 then
    redis.call('HDEL', publishers, oldest)
  end
end
