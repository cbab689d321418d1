-- Prolongs leases, or drops them: only those that the caller still holds, since one that ran out may be
-- another's by now.
-- ARGV: caller, ms (0 drops), then the lease keys.
for i = 3, #ARGV do
  if redis.call('GET', ARGV[i]) == ARGV[1] then
    if ARGV[2] == '0' then
      redis.call('DEL', ARGV[i])
    else
      redis.call('PEXPIRE', ARGV[i], ARGV[2])
    end
  end
end
return 1
