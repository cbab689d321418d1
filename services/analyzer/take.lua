-- Writes down who takes a slice. Answers how many took it, did not end it and are dead, the caller counted with
-- them. A run whose instance has another run by now is dead.
-- ARGV: takers key, heartbeat key, prefix of the alive keys, instance, run, heartbeat s, takers s.
redis.call('SET', ARGV[2], ARGV[4], 'EX', ARGV[6])
redis.call('SET', ARGV[3] .. ARGV[4], ARGV[5], 'EX', ARGV[6])
redis.call('HSET', ARGV[1], ARGV[5], ARGV[4])
redis.call('EXPIRE', ARGV[1], ARGV[7])
local takes = 1
local takers = redis.call('HGETALL', ARGV[1])
for i = 1, #takers, 2 do
  if redis.call('GET', ARGV[3] .. takers[i + 1]) ~= takers[i] then
    takes = takes + 1
  end
end
return takes
