-- Sums the ladder over windows that end at one instant, for one event revision. Writes nothing.
--
-- KEYS     for each hour i = 1 .. H two: 10s, 1m; then 1h of each day from the first on, without gaps
-- ARGV[1]  msgpack array:
--   1 at      unix time T; a window of w seconds sums the buckets whose start lies in (T - w, T]
--   2 widths  seconds of each window
--   3 hours   H hours since the epoch: those in which T and each T - w lie; with `ahead` all between and one more
--   4 day     first declared day
--   5 ahead   whether to say until when each sum stays as it is
--   6 names   the only dimensions that are asked for; or false: all
-- Answer   msgpack array with, for each window, a flat array name, n, name, n ...; false where what is still kept is
--          coarser than the window. With `ahead` as many instants follow: the first after T at which a window that ends
--          there may sum up to something else although nothing has been written
--
-- Whole hours come from the 1h rung; the edges from 10 s where they are still kept, else from minutes, else the edge is
-- that of the hour. Which is kept goes by the clock alone, as it does in ledger.lua.

local HOUR, CHUNK, AHEAD, NEVER = 3600, 900, 600, 2 ^ 40
local floor = math.floor
local at, widths, hours, first_day, ahead, names_asked = unpack(cmsgpack.unpack(ARGV[1]))
local now = tonumber(redis.call('TIME')[1]) + 1

local position = {}
for i, hour in ipairs(hours) do position[hour] = i end

-- Field, value, field ... of one day's hours, as far as they are asked for.
local function read_day(key, midnight)
  if not names_asked then return redis.call('HGETALL', key) end
  local fields, all = {}, {}
  local widest = math.max(unpack(widths))
  for hour = math.max(0, floor((at - widest) / HOUR) - midnight), math.min(23, floor(at / HOUR) - midnight) do
    for _, name in ipairs(names_asked) do fields[#fields + 1] = hour .. '|' .. name end
  end
  for a = 1, #fields, CHUNK do
    local last = math.min(a + CHUNK - 1, #fields)
    local got = redis.call('HMGET', key, unpack(fields, a, last))
    for j = 1, #got do
      if got[j] then
        all[#all + 1] = fields[a + j - 1]
        all[#all + 1] = got[j]
      end
    end
  end
  return all
end

-- Hour -> name -> n, of every hour of the declared days.
local totals = {}
for d = 2 * #hours + 1, #KEYS do
  local midnight = (first_day + d - 2 * #hours - 1) * 24
  local all = read_day(KEYS[d], midnight)
  for j = 1, #all, 2 do
    local bar = string.find(all[j], '|', 1, true)
    local hour = midnight + tonumber(string.sub(all[j], 1, bar - 1))
    local t = totals[hour]
    if not t then
      t = {}
      totals[hour] = t
    end
    t[string.sub(all[j], bar + 1)] = tonumber(all[j + 1])
  end
end

local function add(sums, name, n) sums[name] = (sums[name] or 0) + n end

-- Those of an hour's buckets that hold anything.
local function occupied(key, buckets)
  local found, fields = {}, {}
  for j, bucket in ipairs(buckets) do fields[j] = bucket .. '|all' end
  if #fields == 0 then return found end
  local got = redis.call('HMGET', key, unpack(fields))
  for j, bucket in ipairs(buckets) do
    if got[j] then found[#found + 1] = bucket end
  end
  return found
end

local function add_fields(sums, key, buckets, names, sign)
  local fields, of = {}, {}
  for _, bucket in ipairs(occupied(key, buckets)) do
    for _, name in ipairs(names) do
      fields[#fields + 1] = bucket .. '|' .. name
      of[#of + 1] = name
    end
  end
  for a = 1, #fields, CHUNK do
    local got = redis.call('HMGET', key, unpack(fields, a, math.min(a + CHUNK - 1, #fields)))
    for j = 1, #got do
      if got[j] then add(sums, of[a + j - 1], sign * tonumber(got[j])) end
    end
  end
end

-- Adds what lies between two instants of one hour; no name can be in it that its hour hasn't.
local function add_part(sums, hour, from, to, sign)
  local names = {}
  for name in pairs(totals[hour]) do names[#names + 1] = name end
  local slots, minutes, t = {}, {}, from
  while t < to do
    if t % 60 == 0 and t + 60 <= to then
      minutes[#minutes + 1] = (t % HOUR) / 60
      t = t + 60
    else
      slots[#slots + 1] = (t % HOUR) / 10
      t = t + 10
    end
  end
  add_fields(sums, KEYS[2 * position[hour] - 1], slots, names, sign)
  add_fields(sums, KEYS[2 * position[hour]], minutes, names, sign)
end

local function add_hour(sums, hour, from, to)
  if not totals[hour] then return end
  local starts, ends = hour * HOUR, (hour + 1) * HOUR
  if to - from <= HOUR / 2 then return add_part(sums, hour, from, to, 1) end
  -- The larger part of an hour is the hour less the rest: fewer buckets to read.
  for name, n in pairs(totals[hour]) do add(sums, name, n) end
  if from > starts then add_part(sums, hour, starts, from, -1) end
  if to < ends then add_part(sums, hour, to, ends, -1) end
end

-- Start of the first kept bucket that begins after t.
local function after(t)
  local ends = (floor(t / HOUR) + 1) * HOUR
  local step = HOUR
  if ends + 2 * HOUR > now then step = 10 elseif ends + 25 * HOUR > now then step = 60 end
  return floor(t / step) * step + step
end

-- Start of the first bucket of 10 s or 60 s that holds anything, from `from` on and before `to`, within one hour; or nil.
local function next_occupied(hour, from, to, step)
  local key = KEYS[2 * position[hour] - (step == 10 and 1 or 0)]
  for t = from, to - step, 60 * step do
    local buckets = {}
    for start = t, math.min(t + 60 * step, to) - step, step do buckets[#buckets + 1] = (start % HOUR) / step end
    local found = occupied(key, buckets)[1]
    if found then return hour * HOUR + found * step end
  end
end

-- A bucket enters every window at its start. A record may be dated ahead of T by what the clocks of two machines differ
-- and the two minutes each that Kafka and the workers allow.
local function entering()
  local from = floor(at / 10) * 10 + 10
  for hour = floor(from / HOUR), floor((from + AHEAD) / HOUR) do
    local starts = hour * HOUR
    local found = next_occupied(hour, math.max(from, starts), math.min(from + AHEAD, starts + HOUR), 10)
    if found then return found end
  end
  return NEVER
end

-- A bucket leaves a window of `width` so many seconds after its start; the edge of a day is one of minutes by then, or
-- sooner said than true.
local function leaving(width, sums)
  if not sums.all then return NEVER end
  local step = width > HOUR and 60 or 10
  local from = floor(after(at - width) / step) * step
  for hour = floor(from / HOUR), floor(at / HOUR) do
    local starts = hour * HOUR
    local found = totals[hour] and next_occupied(hour, math.max(from, starts), starts + HOUR, step)
    if found then return found + width end
  end
  return NEVER
end

-- The widest window holds the others: each adds what lies between its beginning and that of the one before.
local order = {}
for w = 1, #widths do order[w] = w end
table.sort(order, function(a, b) return widths[a] < widths[b] end)

local answer, untils, sums = {}, {}, {}
local enters = ahead and entering()
local ends = after(at)
local begun = ends
for _, w in ipairs(order) do
  local from = after(at - widths[w])
  if from >= ends then
    answer[w] = false
  else
    for hour = floor(from / HOUR), floor((begun - 1) / HOUR) do
      add_hour(sums, hour, math.max(from, hour * HOUR), math.min(begun, (hour + 1) * HOUR))
    end
    begun = from
    local flat = {}
    for name, n in pairs(sums) do
      if n ~= 0 then
        flat[#flat + 1] = name
        flat[#flat + 1] = n
      end
    end
    answer[w] = flat
  end
  if ahead then untils[w] = math.min(enters, leaving(widths[w], sums)) end
end
for _, instant in ipairs(untils) do answer[#answer + 1] = instant end
return cmsgpack.pack(answer)
