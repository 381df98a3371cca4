-- Takes out a job that no worker holds.
local function takeOut(id, standing)
  if standing == 'wait' then
    redis.call('LREM', wait, 1, id)
  else
    redis.call('ZREM', base .. standing, id)
  end
  strike(id, redis.call('HGET', base .. id, 'deid'), standing)
end
