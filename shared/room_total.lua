-- The room of all who spoke of late; a silent one is forgotten.
-- KEYS[1] the hash of all; ARGV seconds of silence.
local now, total = tonumber(redis.call('TIME')[1]), 0
local said = redis.call('HGETALL', KEYS[1])
for i = 1, #said, 2 do
  local slices, at = string.match(said[i + 1], '^(%d+) (%d+)$')
  if at and now - tonumber(at) <= tonumber(ARGV[1]) then
    total = total + tonumber(slices)
  else
    redis.call('HDEL', KEYS[1], said[i])
  end
end
return total
