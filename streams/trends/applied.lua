-- Applied offsets: how far what Redis holds has come in each partition. Redis may forget what it acknowledged; then a
-- marker is lower than its writer left it, or missing, and must not be moved on as if nothing had happened.
--
-- KEYS     the markers of one consumer group, HASH topic/partition -> next offset to apply
-- ARGV[1]  'advance': move on to `new` unless the marker is missing or lower than `expected`; never moves back
--          'restart': set to `new`, perhaps lower, if the marker is just `expected`
-- ARGV[2]  and on, in threes: topic/partition, expected ('' for missing), new
-- Answer   in pairs, of those refused only: topic/partition, the marker found ('' for missing)

local refused = {}
for i = 2, #ARGV, 3 do
  local name, expected, new = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local found = redis.call('HGET', KEYS[1], name) or ''
  local agrees
  if ARGV[1] == 'advance' then
    agrees = found ~= '' and tonumber(found) >= tonumber(expected)
    if agrees and tonumber(found) > tonumber(new) then new = found end
  else
    agrees = found == expected
  end
  if agrees then
    redis.call('HSET', KEYS[1], name, new)
  else
    refused[#refused + 1] = name
    refused[#refused + 1] = found
  end
end
return refused
