-- Which calls of a publisher ran, so that a repeated one stores nothing: the 64 before its highest sequence, '1' or '0' from the latest on;
-- then when it was last heard (s since the epoch, 10 digits), then the highest sequence. The anti-replay window of IPsec, RFC 4303.

-- Answers 'o' (too old to know), 'r' (it ran before), or nothing and what is to be remembered of it instead of `known`.
local function judgeCall(known, sequenceText, heard)
  if not known then
    return nil, string.rep('0', 64) .. heard .. sequenceText
  end
  local ran, highest, sequence = string.sub(known, 1, 64), tonumber(string.sub(known, 75)), tonumber(sequenceText)
  local back = highest - sequence
  if back > 64 then
    return 'o'
  elseif back == 0 or (back > 0 and string.sub(ran, back, back) == '1') then
    return 'r'
  elseif back > 0 then
    return nil, string.sub(ran, 1, back - 1) .. '1' .. string.sub(ran, back + 1) .. heard .. string.sub(known, 75)
  end
  return nil, string.sub(string.rep('0', math.min(-back - 1, 64)) .. '1' .. ran, 1, 64) .. heard .. sequenceText
end

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
