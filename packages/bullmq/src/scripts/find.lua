-- One message, in whatever state.
--
-- KEYS  1 what the queue's keys begin with
-- ARGV  id
-- Answers what parts/show.lua shows, or nothing.

--- include keys due standing show resolve

local id = resolve(ARGV[1])
local standing = standingOf(id)
local reply = {}
if standing then
  show(reply, id, standing)
end
return #reply > 0 and reply
