-- A wake-up that came to a process without need of it goes on to another one.
--
-- KEYS  1 what the queue's keys begin with

--- include keys settings marker

markWork()
return 1
