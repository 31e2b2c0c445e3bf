-- Sums the ladder over windows that end at one instant, for one event revision. Writes nothing.
--
-- KEYS     for each hour i = 1 .. H two: 10s, 1m; then 1h of each day from the first on, without gaps
-- ARGV[1]  msgpack array:
--   1 at      unix time T; a window of w seconds sums the buckets whose start lies in (T - w, T]
--   2 widths  seconds of each window
--   3 hours   H hours since the epoch: those in which T and each T - w lie
--   4 day     first declared day
--   5 names   the only dimensions that are asked for; missing: all
-- Answer   msgpack array with, for each window, a flat array name, n, name, n ...; false where what is still kept is
--          coarser than the window
--
-- Whole hours come from the 1h rung; the edges from 10 s where they are still kept, else from minutes, else the edge is
-- that of the hour. Which is kept goes by the clock alone, as it does in ledger.lua.

local HOUR, CHUNK = 3600, 900
local floor = math.floor
local at, widths, hours, first_day, names_asked = unpack(cmsgpack.unpack(ARGV[1]))
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

local function add_fields(sums, key, buckets, names, sign)
  local fields, of = {}, {}
  for _, bucket in ipairs(buckets) do
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

-- The widest window holds the others: each adds what lies between its beginning and that of the one before.
local order = {}
for w = 1, #widths do order[w] = w end
table.sort(order, function(a, b) return widths[a] < widths[b] end)

local answer, sums = {}, {}
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
end
return cmsgpack.pack(answer)
