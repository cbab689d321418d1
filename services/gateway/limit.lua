-- Counts one request of a client, unless it has made as many as it may in the last hour.
--
-- A client's hash holds a count for each minute in which it asked, their sum (used) and the first of these
-- minutes (oldest). A minute leaves when all of it is more than an hour ago, so no hour sees more than the limit.
-- Sums are only made anew when a minute leaves: an ordinary call touches one field of each kind.
-- ARGV: limit.   Answers: {1 allowed | 0 refused, how many are left, seconds until the oldest minute leaves}
local key, limit = KEYS[1], tonumber(ARGV[1])
local now = tonumber(redis.call('TIME')[1])
local minute = math.floor(now / 60)
local known = redis.call('HMGET', key, 'used', 'oldest')
local used, oldest = tonumber(known[1] or 0), tonumber(known[2] or minute)

if oldest < minute - 60 then
  used, oldest = 0, minute
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local one = tonumber(all[i])
    if one and one < minute - 60 then
      redis.call('HDEL', key, all[i])
    elseif one then
      used = used + tonumber(all[i + 1])
      oldest = math.min(oldest, one)
    end
  end
end

local allowed = used < limit
if allowed then
  used = used + 1
  redis.call('HINCRBY', key, minute, 1)
end
redis.call('HSET', key, 'used', used, 'oldest', oldest)
redis.call('EXPIRE', key, 3720)
return {allowed and 1 or 0, math.max(0, limit - used), (oldest + 61) * 60 - now}
