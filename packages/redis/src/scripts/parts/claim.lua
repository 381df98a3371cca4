-- Hands messages out: what was popped from the lists, with bodies and pasts (false: it is handed out for the first time).

-- Ids whose message is gone are passed over, but not without end.
local passOver = 1000

-- Takes up to so many out of the lists of these levels, in this order.
local function popAll(max, levels)
  local popped = { ids = {}, bodies = {}, pasts = {}, levels = {}, hasPast = false }
  local ids, wasHere = popped.ids, {}
  for level in string.gmatch(levels, '.') do
    while #ids < max and passOver > 0 do
      local elements = redis.call('LPOP', levelList(level), math.min(max - #ids, chunk))
      if not elements then
        break
      end
      local hasReturned, gone = false, {}
      for index, element in ipairs(elements) do
        if string.byte(element) == 33 then
          local id = string.sub(element, 2)
          hasReturned, elements[index], wasHere[id] = true, id, true
        end
      end
      local found = redis.call('HMGET', messages, unpack(elements))
      local entries = hasReturned and redis.call('HMGET', history, unpack(elements))
      for index, id in ipairs(elements) do
        local body, entry = found[index], entries and wasHere[id] and entries[index]
        if body and (not entry or string.byte(entry) == 119) then
          local at = #ids + 1
          ids[at], popped.bodies[at], popped.levels[at], popped.pasts[at] = id, body, level, entry
          popped.hasPast = popped.hasPast or entry
        else
          passOver = passOver - 1
          if string.sub(redis.call('HGET', history, id) or '', 1, 1) == 't' then
            gone[#gone + 1] = id
          end
        end
      end
      forgetGone(gone, level)
    end
  end
  return popped
end

-- Leases them until `ends`, the first so many marked as started. Answers the order before the first one's; `pasts` are told then.
local function lease(popped, startNow, ends)
  local members, entries = { 'inf', keeper }, { keeper, keeper }
  local pasts, levels = popped.pasts, popped.levels
  local score = string.format('%.0f', ends)
  local order = takeOrders(#popped.ids)
  for index, id in ipairs(popped.ids) do
    local token, entry = toPlace(order + index), pasts[index]
    local at = 2 * index + 2
    local isStarted = index <= startNow
    members[at - 1], members[at] = score, token .. id
    entries[at - 1] = id
    if entry then
      local past = readHistory(entry)
      past.state, past.place, past.token, past.isStarted = 'a', token, token, isStarted
      past.deliveries = past.deliveries + 1
      pasts[index] = past.starts .. ' ' .. past.deliveries .. ' ' .. past.redrives .. (past.hasErrors and ' e' or '')
      past.starts = past.starts + (isStarted and 1 or 0)
      entries[at] = writeHistory(past)
    else
      entries[at] = 'a' .. levels[index] .. (isStarted and 's--' or '---') .. token .. token .. (isStarted and '1 1 0' or '0 1 0')
      pasts[index] = ''
    end
  end
  callWith('ZADD', active, members)
  callWith('HSET', history, entries)
  return order
end
