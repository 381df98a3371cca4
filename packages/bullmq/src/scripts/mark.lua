-- A marker that a process popped without need of it goes back, for another one.
--
-- KEYS  1 what the queue's keys begin with

--- include keys settings due marker

markWork()
markTime(nearest())
return 1
