-- For each image: its entry, or '1' when the caller now holds the lease, or '0' when another does.
-- The URL is led to the content in the same step.
-- ARGV: caller, lease ms, ttl s, then (url key, entry key, lease key, content hash, what counts as no entry)
--       an image.
local answers = {}
for i = 4, #ARGV, 5 do
  redis.call('SET', ARGV[i], ARGV[i + 3], 'EX', ARGV[3])
  local entry = redis.call('GET', ARGV[i + 1])
  if not entry or entry == ARGV[i + 4] then
    local holder = redis.call('GET', ARGV[i + 2])
    if holder and holder ~= ARGV[1] then
      entry = '0'
    else
      redis.call('SET', ARGV[i + 2], ARGV[1], 'PX', ARGV[2])
      entry = '1'
    end
  end
  answers[#answers + 1] = entry
end
return answers
