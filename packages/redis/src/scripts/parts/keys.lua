-- The keys of one queue, in the order in which keys.ts spells them. Every script of a queue is given all of them: they share a slot.
local messages, history, active, delayed, dead, errors, windows, windowEnds, publishers, state, stats, idle = unpack(KEYS, 1, 12)

-- The list of a level: '0' (critical) to '3' (low).
local function levelList(level)
  return KEYS[13 + level]
end
