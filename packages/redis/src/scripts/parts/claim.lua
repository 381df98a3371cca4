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
      if #gone > 0 then
        --- include gone
        forgetGone(gone, level)
      end
    end
  end
  return popped
end

-- Leases them until `ends`, the first so many marked as started. Answers the order before the first one's; `pasts` are told then.
local function lease(popped, startNow, ends)
  local members, entries = { 'inf', keeper }, { keeper, keeper }
  local ids, levels, pasts = popped.ids, popped.levels, popped.pasts
  local score = string.format('%.0f', ends)
  local order = takeOrders(#ids)
  for index, id in ipairs(ids) do
    local token, at = toPlace(order + index), 2 * index + 2
    members[at - 1], members[at] = score, token .. id
    entries[at - 1] = id
    if index <= startNow then
      entries[at] = 'a' .. levels[index] .. 's--' .. token .. token .. '1 1 0'
    else
      entries[at] = 'a' .. levels[index] .. '---' .. token .. token .. '0 1 0'
    end
  end
  if popped.hasPast then
    --- include history
    for index = 1, #ids do
      local entry = pasts[index]
      if entry then
        local past, token, isStarted = readHistory(entry), toPlace(order + index), index <= startNow
        past.state, past.place, past.token, past.isStarted = 'a', token, token, isStarted
        past.deliveries = past.deliveries + 1
        pasts[index] = past.starts .. ' ' .. past.deliveries .. ' ' .. past.redrives .. (past.hasErrors and ' e' or '')
        past.starts = past.starts + (isStarted and 1 or 0)
        entries[2 * index + 2] = writeHistory(past)
      else
        pasts[index] = ''
      end
    end
  end
  callWith('ZADD', active, members)
  callWith('HSET', history, entries)
  return order
end
