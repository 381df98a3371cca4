-- A text of more than 64 characters lies in `active` (as the last one) and in `history` while anybody works. Without it the server would keep
-- small ones as one piece of memory, which each call walks through: with a hundred active messages a claim of a hundred took twice as long.
local keeper = 'this entry keeps the set a skip list, and the hash a table, from the first one on'
