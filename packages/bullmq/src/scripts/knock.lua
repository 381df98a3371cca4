-- Ends the blocking call of a process that has to wait for another queue, too.
--
-- KEYS  1 the key on which that process alone waits

redis.call('ZADD', KEYS[1], 0, '0')
redis.call('PEXPIRE', KEYS[1], 5000)
return 1
