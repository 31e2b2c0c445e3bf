-- Dense counts of one dimension over buckets of the ladder, zeros included, for some event revisions. Writes nothing.
--
-- KEYS     for each revision: hashes of one rung
-- ARGV[1]  msgpack array:
--   1 dimension
--   2 hashes  how many a revision has
--   3 ranges  in threes: number of the hash, first and last bucket in it
--   4 sum     whether only their sum is wanted
-- Answer   msgpack array with, for each revision, the sum; or an array with place and count of those that aren't 0, in
--          turn; places count through range after range, from 0
--
-- A hash with few fields is read whole, for that is cheaper than to look for each bucket in it.

local FEW = 2
local dimension, hashes, ranges, summed = unpack(cmsgpack.unpack(ARGV[1]))
local call = redis.call
local known = {}

-- The fields of buckets first to last, and the place of each.
local function fields(first, last)
  local id = first * 1000 + last
  if not known[id] then
    local names, places = {}, {}
    for bucket = first, last do
      local name = bucket .. '|' .. dimension
      names[#names + 1] = name
      places[name] = #names - 1
    end
    known[id] = { names, places }
  end
  return unpack(known[id])
end

local function read(base)
  local total, found, n, before = 0, {}, 0, 0
  local function note(place, count)
    total = total + count
    found[n + 1], found[n + 2] = before + place, tonumber(count)
    n = n + 2
  end
  for i = 1, #ranges, 3 do
    local key, first, last = KEYS[base + ranges[i]], ranges[i + 1], ranges[i + 2]
    local width, size = last - first + 1, call('HLEN', key)
    if size > 0 then
      local names, places = fields(first, last)
      if size <= FEW * width then
        local got = call('HGETALL', key)
        for j = 1, #got, 2 do
          local place = places[got[j]]
          if place then note(place, got[j + 1]) end
        end
      else
        local got = call('HMGET', key, unpack(names))
        for j = 1, width do
          if got[j] then note(j - 1, got[j]) end
        end
      end
    end
    before = before + width
  end
  return summed and total or found
end

local answers = {}
for base = 0, #KEYS - 1, hashes do answers[#answers + 1] = read(base) end
return cmsgpack.pack(answers)
