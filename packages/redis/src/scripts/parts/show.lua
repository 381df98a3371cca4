-- Where the messages of a state stand, by the state's letter; waiting ones stand in lists.
local standings = { d = delayed, a = active, x = dead }

-- What find and list show: body, history or '', errors or '', time or ''.
local function show(id, body, entry)
  local standing = entry and standings[string.sub(entry, 1, 1)]
  local at = standing and redis.call('ZSCORE', standing, string.sub(entry, 6, 21) .. id)
  local lines = entry and string.sub(entry, 5, 5) == 'e' and redis.call('HGET', errors, id)
  return body, entry or '', lines or '', at or ''
end
