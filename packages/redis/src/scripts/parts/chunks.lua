-- Lua can't pass some thousands of arguments at once. Even, so that pairs stay together.
local chunk = 2000

-- Calls a command with a whole list, part by part.
local function callWith(command, key, list)
  for first = 1, #list, chunk do
    redis.call(command, key, unpack(list, first, math.min(first + chunk - 1, #list)))
  end
end

-- The values of these fields, in their order; false where there is none.
local function readFields(key, fields)
  if #fields <= chunk then
    return #fields == 0 and {} or redis.call('HMGET', key, unpack(fields))
  end
  local values = {}
  for first = 1, #fields, chunk do
    for _, value in ipairs(redis.call('HMGET', key, unpack(fields, first, math.min(first + chunk - 1, #fields)))) do
      values[#values + 1] = value
    end
  end
  return values
end

-- The arguments of the call from `first` on, `count` of them, as a list of their own.
local function arguments(first, count)
  local list = {}
  for index = 1, count do
    list[index] = ARGV[first + index - 1]
  end
  return list
end
