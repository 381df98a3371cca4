-- KEYS[1] is what every key of the queue begins with (`bull:emails:`). BullMQ's keys and ours share a slot: those of one queue begin alike.
local base = KEYS[1]

-- BullMQ's: `wait` a list of jobs without priority, `prioritized` a sorted set, `active` a list, the others sorted sets.
local wait, prioritized, active = base .. 'wait', base .. 'prioritized', base .. 'active'
local delayed, failed, stalled = base .. 'delayed', base .. 'failed', base .. 'stalled'
local meta, marker, events, placeCounter = base .. 'meta', base .. 'marker', base .. 'events', base .. 'pc'

-- Ours. `leases`: what we hold, by when its lease ends; `state`: the last order number; `windows`: deduplication ids, by when they end.
local leases, state, stats = base .. 'qs:leases', base .. 'qs:state', base .. 'qs:stats'
local publishers, windows = base .. 'qs:publishers', base .. 'qs:windows'
