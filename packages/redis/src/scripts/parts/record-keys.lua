-- The keys of one kind of records, in the order in which keys.ts spells them. All of them, and the records, share a slot.
--   index   sorted by text: place and key, in the order of their first writes
--   states  sorted by text: state, NUL, place and key, in the order in which they came to it
--   ends    when those vanish that do
local index, states, ends, state, prefix = unpack(KEYS, 1, 5)
