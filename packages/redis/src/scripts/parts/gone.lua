-- Ids of these messages were taken out of their list: they need not be corrected for any more.
local function forgetGone(ids, level)
  if #ids > 0 then
    callWith('HDEL', history, ids)
    redis.call('HINCRBY', state, 'gone' .. level, -#ids)
  end
end
