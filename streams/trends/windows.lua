-- Sums the ladder over windows that end at one instant, for some event revisions that are asked the same. Writes nothing.
--
-- KEYS     for each revision: for each hour i = 1 .. H two: 10s, 1m; then 1h of each day from the first on, without gaps
-- ARGV[1]  msgpack array:
--   1 at      unix time T; a window of w seconds sums the buckets whose start lies in (T - w, T]
--   2 widths  seconds of each window
--   3 hours   H hours since the epoch: those in which T and each T - w lie; with `ahead` all between and one more
--   4 day     first declared day
--   5 days    how many days
--   6 ahead   whether to say until when each sum stays as it is
--   7 names   the only dimensions that are asked for; or false: all
-- Answer   msgpack array with, for each revision, an array that has for each window a flat array name, n, name, n ...;
--          false where what is still kept is coarser than the window. With `ahead` as many instants follow: the first
--          after T at which a window that ends there may sum up to something else although nothing has been written
--
-- Whole hours come from the 1h rung; the edges from 10 s where they are still kept, else from minutes, else the edge is
-- that of the hour. Which is kept goes by the clock alone, as it does in ledger.lua. What is the same for all revisions
-- is worked out once: making the names of fields costs more than reading them.

local HOUR, CHUNK, AHEAD, NEVER = 3600, 900, 600, 2 ^ 40
local floor = math.floor
local at, widths, hours, first_day, days, ahead, names_asked = unpack(cmsgpack.unpack(ARGV[1]))
local now = tonumber(redis.call('TIME')[1]) + 1

local position = {}
for i, hour in ipairs(hours) do position[hour] = i end

-- Start of the first kept bucket that begins after t.
local function after(t)
  local ends = (floor(t / HOUR) + 1) * HOUR
  local step = HOUR
  if ends + 2 * HOUR > now then step = 10 elseif ends + 25 * HOUR > now then step = 60 end
  return floor(t / step) * step + step
end

-- The fields with the posts of a run of buckets, first to last.
local runs = {}
local function run(first, last)
  local id = first * 1000 + last
  if not runs[id] then
    local fields = {}
    for bucket = first, last do fields[#fields + 1] = string.format('%d|all', bucket) end
    runs[id] = { first = first, fields = fields }
  end
  return runs[id]
end

-- What lies between two instants of one hour, as runs of 10 s and of minutes: rung, run, rung, run ...
local function cut(from, to)
  local cuts = {}
  local function slots(a, b)
    if a < b then
      cuts[#cuts + 1] = 1
      cuts[#cuts + 1] = run((a % HOUR) / 10, ((b - 1) % HOUR - 9) / 10)
    end
  end
  local first, last = math.ceil(from / 60) * 60, floor(to / 60) * 60
  if first >= last then
    slots(from, to)
  else
    slots(from, first)
    cuts[#cuts + 1] = 2
    cuts[#cuts + 1] = run((first % HOUR) / 60, ((last - 1) % HOUR - 59) / 60)
    slots(last, to)
  end
  return cuts
end

-- How to add up one hour between two instants: whether from the hour's own count, and the parts to add or to take off.
local function step_of(hour, from, to)
  local starts, ends = hour * HOUR, (hour + 1) * HOUR
  if to - from <= HOUR / 2 then return { hour = hour, whole = false, sign = 1, cut(from, to) } end
  -- The larger part of an hour is the hour less the rest: fewer buckets to read.
  local step = { hour = hour, whole = true, sign = -1 }
  if from > starts then step[#step + 1] = cut(starts, from) end
  if to < ends then step[#step + 1] = cut(to, ends) end
  return step
end

-- The widest window holds the others: each adds what lies between its beginning and that of the one before.
local order, steps = {}, {}
for w = 1, #widths do order[w] = w end
table.sort(order, function(a, b) return widths[a] < widths[b] end)
local ends = after(at)
local begun = ends
for _, w in ipairs(order) do
  local from = after(at - widths[w])
  if from < ends then
    steps[w] = {}
    for hour = floor(from / HOUR), floor((begun - 1) / HOUR) do
      table.insert(steps[w], step_of(hour, math.max(from, hour * HOUR), math.min(begun, (hour + 1) * HOUR)))
    end
    begun = from
  end
end

-- What a field of the 1h rung is: its hour of the day, and its dimension.
local hour_of, name_of = {}, {}
local function note(field, hour, name)
  hour_of[field], name_of[field] = hour, name
  return field
end

-- The fields of each day that are asked for, where dimensions are.
local asked_of_day = {}
if names_asked then
  local widest = math.max(unpack(widths))
  for d = 1, days do
    local midnight, fields = (first_day + d - 1) * 24, {}
    for hour = math.max(0, floor((at - widest) / HOUR) - midnight), math.min(23, floor(at / HOUR) - midnight) do
      for _, name in ipairs(names_asked) do
        fields[#fields + 1] = note(string.format('%d|', hour) .. name, hour, name)
      end
    end
    asked_of_day[d] = fields
  end
end

-- Field, value, field ... of one day's hours, as far as they are asked for.
local function read_day(key, fields)
  if not fields then return redis.call('HGETALL', key) end
  local all = {}
  for a = 1, #fields, CHUNK do
    local got = redis.call('HMGET', key, unpack(fields, a, math.min(a + CHUNK - 1, #fields)))
    for j = 1, #got do
      if got[j] then
        all[#all + 1] = fields[a + j - 1]
        all[#all + 1] = got[j]
      end
    end
  end
  return all
end

-- Hour -> name -> n, of every hour of the declared days of the revision whose keys begin after `base`.
local function read_totals(base)
  local totals = {}
  for d = 1, days do
    local midnight = (first_day + d - 1) * 24
    local all = read_day(KEYS[base + 2 * #hours + d], asked_of_day[d])
    for j = 1, #all, 2 do
      local field = all[j]
      if not hour_of[field] then
        local bar = string.find(field, '|', 1, true)
        note(field, tonumber(string.sub(field, 1, bar - 1)), string.sub(field, bar + 1))
      end
      local hour = midnight + hour_of[field]
      local t = totals[hour]
      if not t then
        t = {}
        totals[hour] = t
      end
      t[name_of[field]] = tonumber(all[j + 1])
    end
  end
  return totals
end

local function add(sums, name, n) sums[name] = (sums[name] or 0) + n end

-- Adds a part of an hour; no name can be in it that its hour hasn't, and none in a bucket without posts.
local function add_part(sums, base, hour, cuts, names, sign)
  for c = 1, #cuts, 2 do
    local key, buckets = KEYS[base + 2 * position[hour] - 2 + cuts[c]], cuts[c + 1]
    local posts, fields, of = redis.call('HMGET', key, unpack(buckets.fields)), {}, {}
    for j = 1, #posts do
      if posts[j] then
        for name in pairs(names) do
          if name == 'all' then
            add(sums, name, sign * tonumber(posts[j]))
          else
            fields[#fields + 1] = (buckets.first + j - 1) .. '|' .. name
            of[#of + 1] = name
          end
        end
      end
    end
    for a = 1, #fields, CHUNK do
      local got = redis.call('HMGET', key, unpack(fields, a, math.min(a + CHUNK - 1, #fields)))
      for j = 1, #got do
        if got[j] then add(sums, of[a + j - 1], sign * tonumber(got[j])) end
      end
    end
  end
end

-- Start of the first bucket of 10 s or 60 s that holds anything, from `from` on and before `to`, within one hour; or nil.
local function next_occupied(base, hour, from, to, step)
  local key = KEYS[base + 2 * position[hour] - (step == 10 and 1 or 0)]
  for t = from, to - step, 60 * step do
    local first = (t % HOUR) / step
    local posts = redis.call('HMGET', key, unpack(run(first, first + (math.min(t + 60 * step, to) - t) / step - 1).fields))
    for j = 1, #posts do
      if posts[j] then return t + (j - 1) * step end
    end
  end
end

-- A bucket enters every window at its start. A record may be dated ahead of T by what the clocks of two machines differ
-- and the two minutes each that Kafka and the workers allow.
local function entering(base)
  local from = floor(at / 10) * 10 + 10
  for hour = floor(from / HOUR), floor((from + AHEAD) / HOUR) do
    local starts = hour * HOUR
    local found = next_occupied(base, hour, math.max(from, starts), math.min(from + AHEAD, starts + HOUR), 10)
    if found then return found end
  end
  return NEVER
end

-- A bucket leaves a window of `width` so many seconds after its start; the edge of a day is one of minutes by then, or
-- sooner said than true.
local function leaving(base, totals, width, sums)
  if not sums.all then return NEVER end
  local step = width > HOUR and 60 or 10
  local from = floor(after(at - width) / step) * step
  for hour = floor(from / HOUR), floor(at / HOUR) do
    local starts = hour * HOUR
    local found = totals[hour] and next_occupied(base, hour, math.max(from, starts), starts + HOUR, step)
    if found then return found + width end
  end
  return NEVER
end

local function flat(sums)
  local found = {}
  for name, n in pairs(sums) do
    if n ~= 0 then
      found[#found + 1] = name
      found[#found + 1] = n
    end
  end
  return found
end

local function sum_up(base)
  local totals, answer, sums, untils = read_totals(base), {}, {}, {}
  local enters = ahead and entering(base)
  for _, w in ipairs(order) do
    for _, step in ipairs(steps[w] or {}) do
      local names = totals[step.hour]
      if names then
        if step.whole then
          for name, n in pairs(names) do add(sums, name, n) end
        end
        for _, cuts in ipairs(step) do add_part(sums, base, step.hour, cuts, names, step.sign) end
      end
    end
    answer[w] = steps[w] and flat(sums) or false
    if ahead then untils[w] = math.min(enters, leaving(base, totals, widths[w], sums)) end
  end
  for _, instant in ipairs(untils) do answer[#answer + 1] = instant end
  return answer
end

local answers = {}
for base = 0, #KEYS - 1, 2 * #hours + days do answers[#answers + 1] = sum_up(base) end
return cmsgpack.pack(answers)
