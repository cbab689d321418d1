-- An analyzer's room, with the time by Redis' clock: hosts' clocks differ.
-- KEYS[1] the hash of all; ARGV instance, slices.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. redis.call('TIME')[1])
