-- After a call's response: writes the paid images' entries, drops the leases, dates the slot, and writes down
-- what the answer said of the key and of its group's quota.
-- ARGV: caller, call id, group, its calls a window (0: no limit), window ms, ttl s,
--       rest ms ('' not refused; else the least that the provider wants: the group rests as long, or 5 s
--       doubled with each refusal in a row, at most 60 s; calls that were refused together are one refusal),
--       fingerprint, what was said of the key (ok | silent | bad), ms to leave a bad one out, why,
--       then (entry key, lease key, entry or '' when nothing was paid) an image.
local limit, window = tonumber(ARGV[4]), tonumber(ARGV[5])
local group, state, slots, print = ARGV[3], 'quota:group:' .. ARGV[3], 'quota:slots:' .. ARGV[3], ARGV[8]

local leases, mine = {}, {}
for i = 12, #ARGV, 3 do
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
if limit == 0 then
  return ''
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', slots, 'XX', now + window, ARGV[2])

-- The last thousand changes of keys' states, for those who ask why.
local function tell(said, why)
  redis.call('XADD', 'quota:events', 'MAXLEN', '~', 1000, '*', 'key', print, 'group', group, 'state', said,
    'reason', why, 'at', now, 'worker', ARGV[1])
  return said
end

local changed = ''
local entry = redis.call('HGET', 'quota:keys', print)
local was, ends, since, reason = string.match(entry or 'new|0|0|', '^(%a+)|(%d+)|(%d+)|(.*)$')
if ARGV[9] == 'bad' then
  if was ~= 'quarantined' then
    since, changed = now, tell('quarantined', ARGV[11])
  end
  entry = table.concat({'quarantined', now + tonumber(ARGV[10]), since, ARGV[11]}, '|')
  redis.call('HSET', 'quota:keys', print, entry)
elseif ARGV[9] == 'ok' and was ~= 'ok' and (was ~= 'quarantined' or tonumber(ends) <= now) then
  -- An answer that was on its way when the key was found bad proves nothing.
  redis.call('HSET', 'quota:keys', print, 'ok|0|' .. now .. '|')
  changed = tell('ok', was == 'new' and '' or reason)
elseif ARGV[9] == 'silent' and was == 'probing' then
  redis.call('HSET', 'quota:keys', print, 'probing|0|' .. since .. '|' .. reason)
end

-- What the provider took in the last window, the calls in flight among it: a refused one leaves its slot.
local function accepted()
  if redis.call('ZREM', slots, ARGV[2]) == 1 then
    redis.call('HINCRBY', state, 'images', -(tonumber(string.match(ARGV[2], ':(%d+)$')) or 1))
  end
  return redis.call('ZCOUNT', slots, '(' .. now, '+inf')
end

-- A refusal of one call more than went well for a whole window goes back to that, and ten windows pass before
-- the next try. Any other takes three tenths off, and what the provider did not take: the calls that are left
-- are no more than it took. With every window that is used up and clean, one comes back.
local function cut(tried, had, took)
  if tried then
    redis.call('HSET', state, 'limit', had - 1, 'grows', now + 10 * window, 'tried', 0)
  else
    local left = math.floor(had * 0.7)
    left = math.max(1, took > 0 and math.min(left, took) or left)
    redis.call('HSET', state, 'limit', left, 'grows', now + window, 'tried', 0, 'eased', 0)
  end
end

local known = redis.call('HMGET', state, 'rest', 'refused', 'limit', 'grows', 'tried', 'eased')
local rest, had = tonumber(known[1]) or 0, math.min(limit, tonumber(known[3]) or limit)
if ARGV[7] == '' then
  if ARGV[9] == 'ok' and known[2] and rest <= now then
    redis.call('HDEL', state, 'refused', 'rest')
  end
  if ARGV[9] == 'ok' and known[6] and rest <= now then
    redis.call('HINCRBY', state, 'eased', 1)
  end
elseif rest <= now then
  local n = redis.call('HINCRBY', state, 'refused', 1)
  local wait = math.max(tonumber(ARGV[7]), math.min(60000, 5000 * 2 ^ (n - 1)))
  redis.call('HSET', state, 'rest', now + wait)
  local took = accepted()
  if n == 1 then -- refused again before any answer: the last window still counts, and says nothing new
    cut(known[5] == '1' and now < tonumber(known[4]), had, took)
  end
  redis.call('PEXPIRE', state, 86400000)
  changed = tell('cooling', ARGV[11])
else
  local took = accepted()
  if known[6] == '0' and took > 0 and took < had then
    redis.call('HSET', state, 'limit', took)
  end
  if now + tonumber(ARGV[7]) > rest then
    redis.call('HSET', state, 'rest', now + tonumber(ARGV[7]))
  end
end
return changed
