-- A record is a hash: s(tate) r(evision) e(nd, where it vanishes) i(ts place in index) p(lace in states) n(umber of lines in its log),
-- f and a field's name, l and a line's number.

-- The bookkeeping of a record that stands; one whose time is over is gone, even where no call has forgotten it yet.
local function bookOf(key)
  local book = redis.call('HMGET', prefix .. key, 's', 'r', 'e', 'i', 'p', 'n')
  if book[1] then
    return { state = book[1], revision = tonumber(book[2]), ends = tonumber(book[3] or ''), inIndex = book[4], inState = book[5], lines = tonumber(book[6] or 0) }
  end
end

local function hasEnded(book)
  return book.ends and book.ends <= now
end

local function memberOfState(key, book)
  return book.state .. '\0' .. book.inState .. key
end

local function removeRecord(key, book)
  redis.call('ZREM', index, book.inIndex .. key)
  redis.call('ZREM', states, memberOfState(key, book))
  redis.call('ZREM', ends, key)
  redis.call('UNLINK', prefix .. key)
end

local function forgetEnded(howMany)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, howMany)) do
    local book = bookOf(key)
    if book then
      removeRecord(key, book)
    else
      redis.call('ZREM', ends, key)
    end
  end
end
