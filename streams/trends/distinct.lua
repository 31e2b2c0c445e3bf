-- How many different authors, texts or domains some event revisions have had since some instants. Writes nothing.
--
-- KEYS     for each revision its sorted sets of people, one a kind
-- ARGV[1]  msgpack array: how many kinds; the ten minutes (counted from the epoch) with which each window begins
-- Answer   msgpack array with, for each revision, the numbers of the first kind by window, then of the next

local kinds, from = unpack(cmsgpack.unpack(ARGV[1]))
local answers = {}
for k = 1, #KEYS, kinds do
  local found = {}
  for kind = 0, kinds - 1 do
    for _, ten in ipairs(from) do found[#found + 1] = redis.call('ZCOUNT', KEYS[k + kind], ten, '+inf') end
  end
  answers[#answers + 1] = found
end
return cmsgpack.pack(answers)
