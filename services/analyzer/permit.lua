-- Grants one call: a quota slot, for images whose batches run and whose leases the caller holds.
--
-- A group has Q slots; a slot is free again one window after its call's RESPONSE, or, if its holder
-- died, one window after the call's deadline. Everything is in milliseconds of Redis' clock.
-- ARGV: caller, call id, monotonic ms, clock offset ms, window ms, deadline ms,
--       groups G, (name, Q) x G, (lease key, desired key, version) an image.
-- Answers: {'repack', flags}  some images cannot go: y goes, l lease lost, p not running, u unknown
--          {'epoch', run_id}  Redis restarted or lost its data: nothing is known of the last window
--          {'drift'}          the caller's clock and Redis' disagree by more than 2 s
--          {'wait', ms}       no slot is free before that
--          {'go', group, used, limit}  the limit that holds now
local groups, images, unlimited = tonumber(ARGV[7]), {}, true
local first = 8 + 2 * groups
local flags, all = {}, true
local states, leases = {}, {}
for i = first, #ARGV, 3 do
  leases[#leases + 1] = ARGV[i]
end
local holders = redis.call('MGET', unpack(leases))
for i = first, #ARGV, 3 do
  local desired = ARGV[i + 1]
  if not states[desired] then
    states[desired] = redis.call('HMGET', desired, 'version', 'state')
  end
  local version, state = states[desired][1], states[desired][2]
  local flag = 'y'
  if not version or tonumber(version) < tonumber(ARGV[i + 2]) then
    flag = 'u'
  elseif state ~= 'running' then
    flag = 'p'
  elseif holders[#flags + 1] ~= ARGV[1] then
    flag = 'l'
  end
  flags[#flags + 1] = flag
  all = all and flag == 'y'
end
if not all then
  return {'repack', table.concat(flags)}
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for g = 0, groups - 1 do
  if tonumber(ARGV[9 + 2 * g]) > 0 then unlimited = false end
end
if not unlimited then
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  if redis.call('GET', 'quota:epoch') ~= run_id then
    return {'epoch', run_id}
  end
  if math.abs(now - tonumber(ARGV[3]) - tonumber(ARGV[4])) > 2000 then
    return {'drift'}
  end
  local held = redis.call('PTTL', 'quota:hold')
  if held > 0 then
    return {'wait', held}
  end
end

local best, most, used, room, soonest = nil, 0, 0, 0, 60000
for g = 0, groups - 1 do
  local name, limit = ARGV[8 + 2 * g], tonumber(ARGV[9 + 2 * g])
  if limit == 0 then
    return {'go', name, 0, 0}
  end
  -- After refusals the group has less, and one more with every clean while (settle.lua).
  local cut = redis.call('HMGET', 'quota:cut:' .. name, 'limit', 'at', 'every')
  if cut[1] then
    limit = math.min(limit, cut[1] + math.floor((now - cut[2]) / cut[3]))
  end
  local slots = 'quota:slots:' .. name
  local resting = redis.call('PTTL', 'quota:rest:' .. name)
  if resting > 0 then
    soonest = math.min(soonest, resting)
  else
    redis.call('ZREMRANGEBYSCORE', slots, '-inf', now)
    local taken = redis.call('ZCARD', slots)
    if limit - taken > most then
      best, most, used, room = name, limit - taken, taken, limit
    elseif taken >= limit then
      local oldest = redis.call('ZRANGE', slots, 0, 0, 'WITHSCORES')
      soonest = math.min(soonest, tonumber(oldest[2]) - now)
    end
  end
end
if not best then
  return {'wait', math.max(1, soonest)}
end
redis.call('ZADD', 'quota:slots:' .. best, now + tonumber(ARGV[6]) + tonumber(ARGV[5]), ARGV[2])
redis.call('PEXPIRE', 'quota:slots:' .. best, tonumber(ARGV[6]) + 2 * tonumber(ARGV[5]))
return {'go', best, used + 1, room}
