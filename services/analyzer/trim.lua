-- One step through all keys: what the result cache keeps and ends before the horizon goes.
-- Redis walks its table in no order of age, so the first steps are a fair sample of it.
-- ARGV: cursor, keys a step, horizon in ms (0: nothing goes).
-- Answers: the next cursor ('0' at the end), how many went, and the ms that the others of the cache have left.
local step = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
local horizon, gone, left = tonumber(ARGV[3]), 0, {}
for _, key in ipairs(step[2]) do
  local kind = string.sub(key, 1, 4)
  if kind == 'img:' or kind == 'url:' then
    local ms = redis.call('PTTL', key)
    if ms >= 0 and ms < horizon then
      redis.call('UNLINK', key)
      gone = gone + 1
    else
      left[#left + 1] = ms
    end
  end
end
return {step[1], gone, left}
