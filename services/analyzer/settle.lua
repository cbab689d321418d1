-- After a call's response: writes the paid images' entries, drops the leases, and dates the slot.
-- ARGV: caller, call id, group, its calls a window (0: no limit), window ms, ttl s,
--       rest ms ('' not refused; else the least that the provider wants: the group rests as long, or 5 s
--       doubled with each refusal in a row, at most 60 s; calls that were refused together are one refusal),
--       then (entry key, lease key, entry or '' when nothing was paid) an image.
local limit, window = tonumber(ARGV[4]), tonumber(ARGV[5])

-- A refusal of one call more than went well goes back to that, and ten windows pass before the next try;
-- any other takes three tenths off, and gives one back with every window.
local function cut(group, now)
  local key = 'quota:cut:' .. group
  local known = redis.call('HMGET', key, 'limit', 'at', 'every')
  local grown = known[1] and math.floor((now - known[2]) / known[3]) or 0
  local had = known[1] and math.min(limit, known[1] + grown) or limit
  if grown > 0 and had < limit then
    redis.call('HSET', key, 'limit', had - 1, 'at', now, 'every', 10 * window)
  else
    redis.call('HSET', key, 'limit', math.max(1, math.floor(had * 0.7)), 'at', now, 'every', window)
  end
  redis.call('PEXPIRE', key, 86400000)
end

local leases, mine = {}, {}
for i = 8, #ARGV, 3 do
  if ARGV[i + 2] ~= '' then
    redis.call('SET', ARGV[i], ARGV[i + 2], 'EX', ARGV[6])
  end
  leases[#leases + 1] = ARGV[i + 1]
end
if #leases > 0 then
  for i, holder in ipairs(redis.call('MGET', unpack(leases))) do
    if holder == ARGV[1] then
      mine[#mine + 1] = leases[i]
    end
  end
end
if #mine > 0 then
  redis.call('DEL', unpack(mine))
end
if limit > 0 then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('ZADD', 'quota:slots:' .. ARGV[3], 'XX', now + window, ARGV[2])
  local refusals = 'quota:refusals:' .. ARGV[3]
  local rest = 'quota:rest:' .. ARGV[3]
  local resting = redis.call('PTTL', rest)
  if ARGV[7] == '' then
    redis.call('DEL', refusals)
  elseif resting <= 0 then
    local n = redis.call('INCR', refusals)
    redis.call('PEXPIRE', refusals, 600000)
    redis.call('SET', rest, 1, 'PX', math.max(tonumber(ARGV[7]), math.min(60000, 5000 * 2 ^ (n - 1))))
    cut(ARGV[3], now)
  elseif tonumber(ARGV[7]) > resting then
    redis.call('PEXPIRE', rest, ARGV[7])
  end
end
return 1
