-- Where the messages of a state stand, by the state's letter; waiting ones stand in lists.
local standings = { d = delayed, a = active, x = dead }

-- Takes out a message that no worker holds. Its id stays behind in a list, where taking it out would mean a walk through all of it:
-- the list's length is corrected by a counter, and whoever comes upon the id passes over it.
local function takeOut(id, body, past)
  local standing = past and standings[past.state]
  if standing then
    redis.call('ZREM', standing, past.place .. id)
    strike(id, body, past)
    return
  end
  strike(id, body, past)
  local level = past and past.level or string.match(body, '^[0-3]') or '2'
  redis.call('HSET', history, id, 't' .. level .. (past and '!' or ''))
  redis.call('HINCRBY', state, 'gone' .. level, 1)
end
