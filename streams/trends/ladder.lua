-- Dense counts of one dimension over buckets of the ladder, zeros included, for one event revision. Writes nothing.
--
-- KEYS     hashes of one rung
-- ARGV[1]  msgpack array:
--   1 dimension
--   2 ranges  in threes: number of the key, first and last bucket in it
--   3 sum     whether only their sum is wanted
-- Answer   the sum; or a msgpack array with the counts, range after range

local dimension, ranges, summed = unpack(cmsgpack.unpack(ARGV[1]))
local there, fields_of = {}, {}
for i, key in ipairs(KEYS) do there[i] = redis.call('EXISTS', key) == 1 end

local function fields(first, last)
  local id = first * 1000 + last
  if not fields_of[id] then
    local made = {}
    for bucket = first, last do made[#made + 1] = bucket .. '|' .. dimension end
    fields_of[id] = made
  end
  return fields_of[id]
end

local total, counts, n = 0, {}, 0
for i = 1, #ranges, 3 do
  local key, first, last = ranges[i], ranges[i + 1], ranges[i + 2]
  local width = last - first + 1
  if there[key] then
    local got = redis.call('HMGET', KEYS[key], unpack(fields(first, last)))
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
if summed then return total end
return cmsgpack.pack(counts)
