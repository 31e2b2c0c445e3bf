-- The match index: raises the order of each record's post and says which bucket hours the record has to be written to.
--
-- KEYS     for each shard, its hash of each period: KEYS[(shard - 1) * periods + i], i = 1 .. periods
-- ARGV[1]  msgpack array:
--   1 keep        seconds that an entry outlives its last bucket and its last Kafka timestamp; also a period's length
--   2 first       number of the first declared period
--   3 periods     how many are declared for each shard
--   4 clock       the caller's unix time; over an hour from ours is an error (it would have declared the wrong periods)
--   5 evaluated   the 6-byte digests of all revisions that the caller has evaluated, ascending, without gaps
--   6 records     array of { shard, post (8 bytes), order (11), visible, hour, stamp, digests of the matched revisions }
-- Answer   one string; of each record but those whose matched revisions get just the record's own hour: its number from 0
--          (4 bytes), length (4), and of each revision digest (6), count (2), hours (3 each); count 65535: outranked,
--          take back what stands in its own hour
--
-- An entry: 0 | 1 followed by the highest order of a visible record; then for each revision its digest (6), the order
-- that stands (11), count (2), hours (3 each). A post has at most one entry; raised into a later period it moves there.
-- Everything is read before anything is written.

local unpack_, pack_, sub, floor = struct.unpack, struct.pack, string.sub, math.floor

local ask = cmsgpack.unpack(ARGV[1])
local keep, first, periods, clock, evaluated, records = ask[1], ask[2], ask[3], ask[4], ask[5], ask[6]
local now = tonumber(redis.call('TIME')[1])
if math.abs(now - clock) > 3600 then
  return redis.error_reply('CLOCK the clocks of the worker and of Redis differ by ' .. (clock - now) .. ' seconds')
end
local current = floor(now / keep)

local function later(a, b)
  if a == b then return false end
  local v, o = unpack_('>I6I5', a)
  local w, p = unpack_('>I6I5', b)
  return v > w or (v == w and o > p)
end

local function is_evaluated(digest)
  local wanted = unpack_('>I6', digest)
  local low, high = 0, #evaluated / 6 - 1
  while low <= high do
    local middle = floor((low + high) / 2)
    local found = unpack_('>I6', evaluated, middle * 6 + 1)
    if found == wanted then return true end
    if found < wanted then low = middle + 1 else high = middle - 1 end
  end
  return false
end

local function holds(hours, hour)
  for p = 1, #hours, 3 do
    if sub(hours, p, p + 2) == hour then return true end
  end
  return false
end

-- A frozen hour gets nothing and gives nothing, so it need not be remembered; this also bounds an entry.
local function unfrozen(hours)
  local kept = hours
  for p = 1, #hours, 3 do
    if (unpack_('>I3', hours, p) + 1) * 3600 + keep <= now then
      kept = ''
      for q = 1, #hours, 3 do
        if (unpack_('>I3', hours, q) + 1) * 3600 + keep > now then kept = kept .. sub(hours, q, q + 2) end
      end
      break
    end
  end
  return kept
end

local function decode(entry, value)
  local p = 2
  if string.byte(value, 1) == 1 then
    entry.highest = sub(value, 2, 12)
    p = 13
  end
  while p <= #value do
    local digest = sub(value, p, p + 5)
    local ends = p + 18 + 3 * unpack_('>I2', value, p + 17)
    entry.digests[#entry.digests + 1] = digest
    entry.orders[digest] = sub(value, p + 6, p + 16)
    entry.hours[digest] = unfrozen(sub(value, p + 19, ends))
    p = ends + 1
  end
end

local function encode(entry)
  local parts = { entry.highest and '\1' .. entry.highest or '\0' }
  for i, digest in ipairs(entry.digests) do
    local hours = entry.hours[digest]
    parts[i + 1] = digest .. entry.orders[digest] .. pack_('>I2', #hours / 3) .. hours
  end
  return table.concat(parts)
end

-- New entries stand one period ahead, at a period's end two: looked for in this order, most are found at once.
local likely = {}
for i = current + 1 - first + 1, periods do likely[#likely + 1] = i end
for i = current + 1 - first, 1, -1 do likely[#likely + 1] = i end

local entries, touched = {}, {}

local function load(shard, post)
  local entry = entries[post]
  if entry then return entry end
  entry = { shard = shard, period = 0, target = 0, digests = {}, orders = {}, hours = {} }
  for _, i in ipairs(likely) do
    local value = redis.call('HGET', KEYS[(shard - 1) * periods + i], post)
    if value then
      entry.value, entry.period, entry.target = value, first + i - 1, first + i - 1
      decode(entry, value)
      break
    end
  end
  entries[post] = entry
  touched[#touched + 1] = post
  return entry
end

local answers = {}
for n, record in ipairs(records) do
  local shard, post, order, visible, hour, stamp, matched = unpack(record)
  local entry = load(shard, post)
  local plain = #entry.digests == 0
  local lives = stamp
  if visible and (not entry.highest or later(order, entry.highest)) then entry.highest = order end
  local outranked = entry.highest and later(entry.highest, order)
  local answer = {}
  local own = pack_('>I3', hour)

  local function touch(digest, matches)
    local stands = entry.orders[digest]
    if outranked or (stands and later(stands, order)) then
      plain = false
      if matches then answer[#answer + 1] = digest .. '\255\255' end
      return
    end
    if not stands then
      entry.digests[#entry.digests + 1] = digest
      entry.hours[digest] = ''
    end
    entry.orders[digest] = order
    if matches and not holds(entry.hours[digest], own) then entry.hours[digest] = entry.hours[digest] .. own end
    local hours = entry.hours[digest]
    if #hours > 0 then answer[#answer + 1] = digest .. pack_('>I2', #hours / 3) .. hours end
  end

  if visible then
    for i = 1, #entry.digests do
      local digest = entry.digests[i]
      local matches = false
      for p = 1, #matched, 6 do matches = matches or sub(matched, p, p + 5) == digest end
      -- Those it matches follow below.
      if not matches and is_evaluated(digest) then touch(digest, false) end
    end
  end
  for p = 1, #matched, 6 do touch(sub(matched, p, p + 5), true) end
  if #matched > 0 then lives = math.max(lives, (hour + 1) * 3600) end
  entry.target = math.max(entry.target, floor((lives + keep) / keep))
  if not plain then
    local revisions = table.concat(answer)
    answers[#answers + 1] = pack_('>I4I4', n - 1, #revisions) .. revisions
  end
end

local expires = {}
for _, post in ipairs(touched) do
  local entry = entries[post]
  -- Beyond the last period nobody would look; before this one it has outlived its use.
  local target = math.min(entry.target, current + 2)
  if target >= current then
    local value = encode(entry)
    if value ~= entry.value or target ~= entry.period then
      local base = (entry.shard - 1) * periods - first + 1
      if entry.period > 0 and target ~= entry.period then redis.call('HDEL', KEYS[base + entry.period], post) end
      redis.call('HSET', KEYS[base + target], post, value)
      expires[base + target] = (target + 1) * keep
    end
  end
end
for i, at in pairs(expires) do redis.call('EXPIREAT', KEYS[i], at) end
return table.concat(answers)
