-- How often the counts of many event revisions have changed, and how many different people were seen since some instants:
-- in one call. Writes nothing.
--
-- KEYS     for each revision its changes; and, where windows are asked for, authors and texts after it
-- ARGV[1]  msgpack array: the ten minutes (counted from the epoch) with which each window begins; may be empty
-- Answer   msgpack array with for each revision: contributions added, taken back; authors by window, texts by window

local from = cmsgpack.unpack(ARGV[1])
local answer = {}
for k = 1, #KEYS, #from > 0 and 3 or 1 do
  local changes = redis.call('HMGET', KEYS[k], 'matched', 'retracted')
  answer[#answer + 1] = tonumber(changes[1]) or 0
  answer[#answer + 1] = tonumber(changes[2]) or 0
  for kind = 1, #from > 0 and 2 or 0 do
    for _, ten in ipairs(from) do answer[#answer + 1] = redis.call('ZCOUNT', KEYS[k + kind], ten, '+inf') end
  end
end
return cmsgpack.pack(answer)
