-- Grants one call: a key with a quota slot, for images whose batches run and whose leases the caller holds.
--
-- A group has Q slots; a slot is free again one window after its call's RESPONSE, or, if its holder
-- died, one window after the call's deadline. Everything is in milliseconds of Redis' clock.
-- ARGV: caller, call id (ends in ":" and its number of images), monotonic ms, clock offset ms, window ms,
--       deadline ms, calls a window Q (0: no limit), images a window (0: no limit),
--       groups G, (name, keys K, fingerprint x K) x G, (lease key, desired key, version) an image.
-- Answers: {'repack', flags}  some images cannot go: y goes, l lease lost, p not running, u unknown
--          {'epoch', run_id}  Redis restarted or lost its data: nothing is known of the last window
--          {'drift'}          the caller's clock and Redis' disagree by more than 2 s
--          {'wait', ms, why}  hold: after a loss; keys: none may be used; quota: no slot is free before that;
--                             busy: calls in flight must be answered first
--          {'go', group, fingerprint}
local window, deadline, limit = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local groups, prints, first = {}, {}, 10
for g = 1, tonumber(ARGV[9]) do
  local count = tonumber(ARGV[first + 1])
  groups[g] = {name = ARGV[first], from = #prints + 1, to = #prints + count}
  for k = 1, count do
    prints[#prints + 1] = ARGV[first + 1 + k]
  end
  first = first + 2 + count
end

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
if #prints == 0 then
  return {'wait', 1000, 'keys'}
end
if limit == 0 then
  return {'go', groups[1].name, prints[1]}
end

local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('GET', 'quota:epoch') ~= run_id then
  return {'epoch', run_id}
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if math.abs(now - tonumber(ARGV[3]) - tonumber(ARGV[4])) > 2000 then
  return {'drift'}
end
local held = redis.call('GET', 'quota:hold')
if held and tonumber(held) > now then
  return {'wait', tonumber(held) - now, 'hold'}
end

-- What is told of several groups is what most likely holds next.
local rank = {keys = 1, busy = 2, quota = 3}
local soonest, why = 60000, 'keys'
local function later(ms, reason)
  soonest = math.min(soonest, math.max(1, ms))
  why = rank[reason] > rank[why] and reason or why
end

-- A key's state is "state|until|since|reason" (settle.lua). One that never answered, or answered badly a while
-- ago, is in one call at a time.
local known = redis.call('HMGET', 'quota:keys', unpack(prints))
local function usable(group)
  local found = {}
  for k = group.from, group.to do
    local ends = known[k] and string.sub(known[k], 1, 3) ~= 'ok|' and tonumber(string.match(known[k], '|(%d+)|'))
    if ends and ends > now then
      if string.sub(known[k], 1, 8) == 'probing|' then
        later(math.min(ends - now, 100), 'busy')
      else
        later(ends - now, 'keys')
      end
    else
      found[#found + 1] = k
    end
  end
  return found
end

local function images_of(call)
  return tonumber(string.match(call, ':(%d+)$')) or 1
end

-- Slots whose window is over leave, and their images with them. Answers how many are left.
local function leave(group)
  local gone, images = redis.call('ZRANGEBYSCORE', group.slots, '-inf', now), 0
  if #gone > 0 then
    redis.call('ZREMRANGEBYSCORE', group.slots, '-inf', now)
    for _, call in ipairs(gone) do
      images = images + images_of(call)
    end
    redis.call('HINCRBY', group.state, 'images', -images)
  end
  local taken = redis.call('ZCARD', group.slots)
  if taken == 0 then
    redis.call('HDEL', group.state, 'images') -- the slots may have run out without us
  end
  return taken
end

local function called(desired)
  return 'quota:called:' .. string.match(desired, ':(.*)$')
end

-- Whether a batch is among the images that had no call for a window.
local function newcomer()
  for desired in pairs(states) do
    if redis.call('EXISTS', called(desired)) == 0 then
      return true
    end
  end
  return false
end

-- How many ms one of the last slots is spared yet. So many are as it takes to give one every 4 s until the next
-- comes back: else a huge batch takes all at once, and nobody can call for up to a minute. A newcomer takes of them.
local function spared(free, quarter)
  if free > quarter then
    return 0
  end
  local back, step = window, math.max(4000, window / (quarter + 1))
  for _, group in ipairs(groups) do
    if group.open then
      local oldest = redis.call('ZRANGE', group.slots, 0, 0, 'WITHSCORES')
      back = math.min(back, oldest[2] and tonumber(oldest[2]) - now or 0)
    end
  end
  if free > math.min(quarter, math.floor(back / step)) or newcomer() then
    return 0
  end
  return back - free * step + 1
end

local asked, budget = images_of(ARGV[2]), tonumber(ARGV[8])
local best, most, free, quarter = nil, 0, 0, 0
for _, group in ipairs(groups) do
  local keys = usable(group)
  group.slots, group.state = 'quota:slots:' .. group.name, 'quota:group:' .. group.name
  group.taken = leave(group)
  local state = redis.call('HMGET', group.state, 'limit', 'grows', 'rest', 'refused', 'images', 'eased')
  group.limit = math.min(limit, tonumber(state[1]) or limit)
  local rest, refused = tonumber(state[3]) or 0, state[4]
  if #keys == 0 then
    -- said by usable()
  elseif rest > now then
    later(rest - now, 'quota')
  else
    local flying = redis.call('ZCOUNT', group.slots, '(' .. (now + window), '+inf')
    -- What the quota can make use of when every call takes its deadline. After a rest the first goes alone, and
    -- few until as many were answered as are left: all that are in flight when the next is refused may be.
    local abreast = math.max(4, math.ceil(group.limit * deadline / (window + deadline)))
    if refused then
      abreast = 1
    elseif state[6] and tonumber(state[6]) < group.limit then
      abreast = math.max(2, math.ceil(abreast / 4))
    end
    if group.taken >= group.limit and group.limit < limit and not refused and now >= tonumber(state[2]) then
      group.limit, group.grows = group.limit + 1, true
    end
    local full = group.taken >= group.limit
    free, quarter = free + math.max(0, group.limit - group.taken), quarter + math.floor(group.limit / 4)
    group.open = true
    if budget > 0 and group.taken > 0 and (tonumber(state[5]) or 0) + asked > budget then
      full = true
    end
    if full then
      local oldest = redis.call('ZRANGE', group.slots, 0, 0, 'WITHSCORES')
      later(tonumber(oldest[2]) - now, 'quota')
    elseif flying >= abreast then
      later(100, 'busy')
    elseif group.limit - group.taken > most then
      best, most = group, group.limit - group.taken
      best.key = keys[1 + group.taken % #keys]
    end
  end
end
local sparing = best and spared(free, quarter) or 0
if sparing > 0 then
  later(sparing, 'quota')
end
if not best or sparing > 0 then
  return {'wait', soonest, why}
end
if best.grows then
  -- So many went well for a whole window: one more is tried.
  redis.call('HSET', best.state, 'limit', best.limit, 'grows', now + window, 'tried', 1)
end
local entry = known[best.key]
if not entry or string.sub(entry, 1, 3) ~= 'ok|' then
  local since, reason = string.match(entry or '', '^%a+|%d+|(%d+)|(.*)$')
  entry = table.concat({'probing', now + deadline, since or now, reason or 'never answered'}, '|')
  redis.call('HSET', 'quota:keys', prints[best.key], entry)
end
for desired in pairs(states) do
  redis.call('SET', called(desired), 1, 'PX', window)
end
redis.call('ZADD', best.slots, now + deadline + window, ARGV[2])
redis.call('PEXPIRE', best.slots, deadline + 2 * window)
redis.call('HINCRBY', best.state, 'images', asked)
redis.call('PEXPIRE', best.state, 86400000)
return {'go', best.name, prints[best.key]}
