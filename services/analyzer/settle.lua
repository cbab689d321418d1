-- After a call's response: writes the paid images' entries, drops the leases, and dates the slot.
-- ARGV: caller, call id, group ('' without a quota), window ms, ttl s,
--       rest ms ('' not refused; else the least that the provider wants: the group rests as long, or 5 s
--       doubled with each refusal in a row, at most 60 s; calls that were refused together are one refusal),
--       then (entry key, lease key, entry or '' when nothing was paid) an image.
for i = 7, #ARGV, 3 do
  if ARGV[i + 2] ~= '' then
    redis.call('SET', ARGV[i], ARGV[i + 2], 'EX', ARGV[5])
  end
  if redis.call('GET', ARGV[i + 1]) == ARGV[1] then
    redis.call('DEL', ARGV[i + 1])
  end
end
if ARGV[3] ~= '' then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('ZADD', 'quota:slots:' .. ARGV[3], 'XX', now + tonumber(ARGV[4]), ARGV[2])
  local refusals = 'quota:refusals:' .. ARGV[3]
  local rest = 'quota:rest:' .. ARGV[3]
  local resting = redis.call('PTTL', rest)
  if ARGV[6] == '' then
    redis.call('DEL', refusals)
  elseif resting <= 0 then
    local n = redis.call('INCR', refusals)
    redis.call('PEXPIRE', refusals, 600000)
    redis.call('SET', rest, 1, 'PX', math.max(tonumber(ARGV[6]), math.min(60000, 5000 * 2 ^ (n - 1))))
  elseif tonumber(ARGV[6]) > resting then
    redis.call('PEXPIRE', rest, ARGV[6])
  end
end
return 1
