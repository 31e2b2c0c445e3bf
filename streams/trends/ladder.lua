-- Dense counts of one dimension over buckets of the ladder, zeros included, for some event revisions. Writes nothing.
--
-- KEYS     for each revision: hashes of one rung
-- ARGV[1]  msgpack array:
--   1 dimension
--   2 hashes  how many a revision has
--   3 ranges  in threes: number of the hash, first and last bucket in it
--   4 sum     whether only their sum is wanted
-- Answer   msgpack array with, for each revision, the sum; or an array with the counts, range after range

local dimension, hashes, ranges, summed = unpack(cmsgpack.unpack(ARGV[1]))
local fields_of = {}

local function fields(first, last)
  local id = first * 1000 + last
  if not fields_of[id] then
    local made = {}
    for bucket = first, last do made[#made + 1] = bucket .. '|' .. dimension end
    fields_of[id] = made
  end
  return fields_of[id]
end

local function read(base)
  local there, total, counts, n = {}, 0, {}, 0
  for i = 1, hashes do there[i] = redis.call('EXISTS', KEYS[base + i]) == 1 end
  for i = 1, #ranges, 3 do
    local key, first, last = ranges[i], ranges[i + 1], ranges[i + 2]
    local width = last - first + 1
    if there[key] then
      local got = redis.call('HMGET', KEYS[base + key], unpack(fields(first, last)))
      for j = 1, width do
        local count = got[j] and tonumber(got[j]) or 0
        total = total + count
        counts[n + j] = count
      end
    elseif not summed then
      for j = n + 1, n + width do counts[j] = 0 end
    end
    n = n + width
  end
  return summed and total or counts
end

local answers = {}
for base = 0, #KEYS - 1, hashes do answers[#answers + 1] = read(base) end
return cmsgpack.pack(answers)
