-- Applied offsets: how far what Redis holds has come in each partition. Redis may forget what it acknowledged; then a
-- marker is lower than its writer left it, or missing, and must not be moved on as if nothing had happened.
--
-- KEYS     the markers of one consumer group, HASH topic/partition -> next offset to apply
-- ARGV[1]  'advance': move on to `new` unless the marker is missing or lower than `expected`; never moves back
--          'restart': move back to `new` (`expected` is not looked at) unless the marker is missing or lower, which
--          means that somebody else went back, or that Redis forgot; to 0 from anywhere
-- ARGV[2]  and on, in threes: topic/partition, expected, new
-- Answer   in pairs, of those refused only: topic/partition, the marker found ('' for missing)

local refused = {}
for i = 2, #ARGV, 3 do
  local name, expected, new = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local found = tonumber(redis.call('HGET', KEYS[1], name) or nil)
  local agrees
  if ARGV[1] == 'advance' then
    agrees = found and found >= expected
    if agrees and found > new then new = found end
  else
    agrees = new == 0 or (found and found >= new)
  end
  if agrees then
    redis.call('HSET', KEYS[1], name, new)
  else
    refused[#refused + 1] = name
    refused[#refused + 1] = found and string.format('%d', found) or ''
  end
end
return refused
