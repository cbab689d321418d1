-- Forgets the slots of all groups and holds: the past that they told of cannot be relied on.
-- ARGV: run id, ms to hold (0: nothing was ever counted), '1' to begin anew within the same run,
--       then the groups.
if ARGV[3] == '0' and redis.call('GET', 'quota:epoch') == ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local free = now + tonumber(ARGV[2])
for i = 4, #ARGV do
  local state = 'quota:group:' .. ARGV[i]
  redis.call('DEL', 'quota:slots:' .. ARGV[i])
  redis.call('HDEL', state, 'images')
  if ARGV[3] == '1' and redis.call('HDEL', state, 'rest') + redis.call('HEXISTS', state, 'grows') > 0 then
    redis.call('HSET', state, 'grows', free)
  end
end
if ARGV[3] == '1' then
  redis.call('DEL', 'quota:keys') -- like the rests: until when they last was told by the clock that stepped
end
redis.call('SET', 'quota:epoch', ARGV[1])
redis.call('SET', 'quota:hold', free)
return 1
