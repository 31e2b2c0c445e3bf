-- How many different people and texts were seen since some instants, and how often the counts have changed: of many
-- event revisions in one call. Writes nothing.
--
-- KEYS     for each revision three: changes, authors, texts
-- ARGV[1]  msgpack array: the ten minutes (counted from the epoch) with which each window begins
-- Answer   msgpack array with for each revision: contributions added, taken back; authors by window, texts by window

local from = cmsgpack.unpack(ARGV[1])
local answer = {}
for k = 1, #KEYS, 3 do
  local changes = redis.call('HMGET', KEYS[k], 'matched', 'retracted')
  answer[#answer + 1] = tonumber(changes[1]) or 0
  answer[#answer + 1] = tonumber(changes[2]) or 0
  for kind = 1, 2 do
    for _, ten in ipairs(from) do answer[#answer + 1] = redis.call('ZCOUNT', KEYS[k + kind], ten, '+inf') end
  end
end
return cmsgpack.pack(answer)
