-- For each image: its entry, or '1' when the caller now holds the lease, or '0' when another does.
-- The URL is led to the content in the same step.
-- Each redis.call costs 4 µs here, so what is read is read at once.
-- ARGV: caller, lease ms, ttl s, then (url key, entry key, lease key, content hash, what counts as no entry)
--       an image.
local keys = {}
for i = 4, #ARGV, 5 do
  keys[#keys + 1] = ARGV[i + 1]
  keys[#keys + 1] = ARGV[i + 2]
end
local found = redis.call('MGET', unpack(keys))
local answers = {}
for i = 4, #ARGV, 5 do
  redis.call('SET', ARGV[i], ARGV[i + 3], 'EX', ARGV[3])
  local n = #answers + 1
  local entry, holder = found[2 * n - 1], found[2 * n]
  if not entry or entry == ARGV[i + 4] then
    if holder and holder ~= ARGV[1] then
      entry = '0'
    else
      redis.call('SET', ARGV[i + 2], ARGV[1], 'PX', ARGV[2])
      entry = '1'
    end
  end
  answers[n] = entry
end
return answers
