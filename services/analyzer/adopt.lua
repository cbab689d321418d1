-- Forgets the slots of all groups and holds: the past that they told of cannot be relied on.
-- ARGV: run id, ms to hold (0: nothing was ever counted), '1' to begin anew within the same run,
--       then the groups.
if ARGV[3] == '0' and redis.call('GET', 'quota:epoch') == ARGV[1] then
  return 0
end
for i = 4, #ARGV do
  redis.call('DEL', 'quota:slots:' .. ARGV[i])
end
redis.call('SET', 'quota:epoch', ARGV[1])
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', 'quota:hold', 1, 'PX', ARGV[2])
end
return 1
