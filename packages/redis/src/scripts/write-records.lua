-- Writes and removes records, each on its own, in order.
--
-- KEYS  those of the kind (parts/record-keys.lua)
-- ARGV  1 now, then of each: key, condition, and
--         of a removal (condition 'x') nothing more
--         of a write: state, how many fields, (name, '' or '+' and the value) of each, '' or '+' and a line of the log, '' or ms until it vanishes
--       condition: 'a'bsent, '*', 'r' and the revision, 's' and how many states, then these
-- Answers for each its revision (0: removed), or all of what stands in its way, as HGETALL answers.
-- Invariant: a record stands in the index, and once among the states, under its own.

--- include record-keys time orders record

local at = 2
local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- Reads the condition behind `form` whole, whatever it says.
local function readCondition(form)
  local kind, rest = string.sub(form, 1, 1), tonumber(string.sub(form, 2))
  if kind == 's' then
    local allowed = {}
    for _ = 1, rest do
      allowed[take()] = true
    end
    return function(book)
      return book and allowed[book.state]
    end
  end
  return function(book)
    return kind == '*' or (kind == 'a' and not book) or (kind == 'r' and book and book.revision == rest)
  end
end

local function readWrite()
  local write = { state = take(), set = {}, removed = {} }
  for _ = 1, tonumber(take()) do
    local name, value = 'f' .. take(), take()
    if value == '' then
      write.removed[#write.removed + 1] = name
    else
      write.set[#write.set + 1] = name
      write.set[#write.set + 1] = string.sub(value, 2)
    end
  end
  write.line = take()
  write.expiresIn = tonumber(take())
  return write
end

local function store(key, write, book)
  if not book then
    local place = toPlace(takeOrders(1) + 1)
    book = { state = write.state, revision = 0, inIndex = place, inState = place, lines = 0 }
    redis.call('ZADD', index, 0, place .. key)
    redis.call('ZADD', states, 0, memberOfState(key, book))
  elseif book.state ~= write.state then
    redis.call('ZREM', states, memberOfState(key, book))
    book.state, book.inState = write.state, toPlace(takeOrders(1) + 1)
    redis.call('ZADD', states, 0, memberOfState(key, book))
  end
  local set = write.set
  book.revision = book.revision + 1
  if write.line ~= '' then
    book.lines = book.lines + 1
    set[#set + 1] = 'l' .. book.lines
    set[#set + 1] = string.sub(write.line, 2)
  end
  if write.expiresIn then
    set[#set + 1] = 'e'
    set[#set + 1] = nowUp + write.expiresIn
    redis.call('ZADD', ends, nowUp + write.expiresIn, key)
  elseif book.ends then
    write.removed[#write.removed + 1] = 'e'
    redis.call('ZREM', ends, key)
  end
  redis.call('HSET', prefix .. key, 's', book.state, 'r', book.revision, 'i', book.inIndex, 'p', book.inState, 'n', book.lines, unpack(set))
  if #write.removed > 0 then
    redis.call('HDEL', prefix .. key, unpack(write.removed))
  end
  return book.revision
end

local answers = {}
while at <= #ARGV do
  -- More than a write may add: so they can't pile up.
  forgetEnded(4)
  local key, form = take(), take()
  local book = bookOf(key)
  if book and hasEnded(book) then
    removeRecord(key, book)
    book = nil
  end
  if form == 'x' then
    if book then
      removeRecord(key, book)
    end
    answers[#answers + 1] = 0
  else
    local holds = readCondition(form)
    local write = readWrite()
    if holds(book) then
      answers[#answers + 1] = store(key, write, book)
    else
      answers[#answers + 1] = redis.call('HGETALL', prefix .. key)
    end
  end
end
return answers
