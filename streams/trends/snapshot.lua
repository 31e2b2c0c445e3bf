-- A consistent picture of some keys of one event revision.
--
-- KEYS    any hashes and sorted sets of one slot
-- Answer  Redis' unix time; then for each key its fields and values (or members and scores) as one flat array

local answer = { tonumber(redis.call('TIME')[1]) }
for i, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'hash' then
    answer[i + 1] = redis.call('HGETALL', key)
  elseif kind == 'zset' then
    answer[i + 1] = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  else
    answer[i + 1] = {}
  end
end
return answer
