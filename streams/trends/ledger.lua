-- The ledger: applies records to one event revision and moves every count that they change, in one step.
--
-- KEYS     for each hour i = 1 .. H seven: ledger, 10s, 1m, 1h (of its day), authors, texts, domains (of the hour);
--          then the four of the revision: authors, texts, domains (sorted sets), changes;
--          then, if the caller declares the past: authors, texts, domains of each hour from `since` on, without gaps
-- ARGV[1]  msgpack array:
--   1 keep    seconds that a ledger hour outlives its end
--   2 hours   H hours since the epoch, each once
--   3 fresh   for each hour a flat array post, cell, post, cell ...: records that stand in it; no post is twice in a call
--   4 others  for each hour a flat array post, cell, mode ... in order: 'w' writes the cell where what stands is lower or
--             missing, 'o' (outranked; the cell is a tombstone) only takes back what stands and is not higher
--   5 sums    for each hour the six arrays { fields, numbers } of 10s, 1m, 1h, authors, texts, domains that `fresh` would
--             add if all of it were new
--   6 since   first hour of the declared past, or 0
-- Answer   { contributions added, taken back, counters that would have fallen below zero }; or 0, nothing having been
--          done: a value's last ten minutes were taken back, and to find those before them the past must be declared
--
-- A cell is the order (11 bytes) and, unless it is a tombstone, the msgpack array { partition, slot, fingerprint, author,
-- domains, platform, kind, lang, groups, claims }. Everything is read and checked before anything is written.

local ORDER, CHUNK = 11, 900
local HOUR, DAY, PEOPLE = 3600, 86400, 26 * 3600
local unpack_, sub, floor = struct.unpack, string.sub, math.floor

local ask = cmsgpack.unpack(ARGV[1])
local keep, hours, fresh, others, sums, since = ask[1], ask[2], ask[3], ask[4], ask[5], ask[6]
local H = #hours
local REVISION = 7 * H
local PAST = REVISION + 4
-- A second early, so that no key can expire between this look and the writes.
local now = tonumber(redis.call('TIME')[1]) + 1
local first_ten = floor((now - PEOPLE) / 600)

local function ends_of(hour)
  local over = (hour + 1) * HOUR
  local people = over + PEOPLE
  return { over + 2 * HOUR, over + 25 * HOUR, (floor(hour / 24) + 1) * DAY + 35 * DAY, people, people, people }
end

local function read(command, key, names)
  local n = #names
  if n <= CHUNK then return redis.call(command, key, unpack(names)) end
  local got = {}
  for a = 1, n, CHUNK do
    local part = redis.call(command, key, unpack(names, a, math.min(a + CHUNK - 1, n)))
    for j = 1, #part do got[a + j - 1] = part[j] end
  end
  return got
end

local function write(command, key, names)
  for a = 1, #names, CHUNK do redis.call(command, key, unpack(names, a, math.min(a + CHUNK - 1, #names))) end
end

local function later(a, b)
  if a == b then return false end
  local v, o = unpack_('>I6I5', a)
  local w, p = unpack_('>I6I5', b)
  return v > w or (v == w and o > p)
end

-- The same names as `dimensions` in contributions.py.
local function dimensions(c)
  local lang, groups, claims = c[8], c[9], c[10]
  if lang == '' then lang = 'und' end
  local names = { 'all', 'platform:' .. c[6], 'kind:' .. c[7], 'lang:' .. lang }
  for _, group in ipairs(groups) do names[#names + 1] = 'group:' .. group end
  for _, claim in ipairs(claims) do
    names[#names + 1] = 'claim:' .. claim
    for _, group in ipairs(groups) do names[#names + 1] = 'claim_group:' .. claim .. '/' .. group end
  end
  return names
end

local function bump(counts, field, d) counts[field] = (counts[field] or 0) + d end

-- For each hour and rung what the caller's sums must be corrected by.
local moved = {}

local function move(i, cell, d)
  local m = moved[i]
  if not m then
    m = { {}, {}, {}, {}, {}, {} }
    moved[i] = m
  end
  local c = cmsgpack.unpack(sub(cell, ORDER + 1))
  local slot, minute, hour = c[2] .. '|', floor(c[2] / 6) .. '|', hours[i] % 24 .. '|'
  for _, name in ipairs(dimensions(c)) do
    bump(m[1], slot .. name, d)
    bump(m[2], minute .. name, d)
    bump(m[3], hour .. name, d)
  end
  local ten = floor(c[2] / 60) .. '|'
  bump(m[4], ten .. c[4], d)
  bump(m[5], ten .. c[3], d)
  for _, domain in ipairs(c[5]) do bump(m[6], ten .. domain, d) end
end

-- Cells: what stands, what shall stand. An hour whose ledger key would have expired is frozen: left out altogether.
local added, removed = 0, 0
local cells = {}

local function settle(i)
  local new, rest = fresh[i], others[i]
  local posts = {}
  for j = 1, #new, 2 do posts[#posts + 1] = new[j] end
  for j = 1, #rest, 3 do posts[#posts + 1] = rest[j] end
  local got = read('HMGET', KEYS[7 * i - 6], posts)
  local n, met = #new / 2, 0
  for j = 1, n do
    if got[j] then met = met + 1 end
  end
  if met == 0 and #rest == 0 then
    added = added + n
    cells[i] = new
    return
  end

  local puts = {}
  -- Where most were there before (a re-read) it is cheaper to add what is new than to correct the sums.
  local counted = met * 2 <= n
  if not counted then sums[i] = nil end
  local function put(post, cell, stood, is_counted)
    if stood and not later(cell, stood) then
      if is_counted then move(i, cell, -1) end
      return false
    end
    if stood and #stood > ORDER then
      move(i, stood, -1)
      removed = removed + 1
    end
    if #cell > ORDER then
      if not is_counted then move(i, cell, 1) end
      added = added + 1
    end
    puts[#puts + 1] = post
    puts[#puts + 1] = cell
    return true
  end

  for j = 1, n do put(new[2 * j - 1], new[2 * j], got[j], counted) end
  local stands = {}
  for j = 1, #rest, 3 do
    local post, cell, mode = rest[j], rest[j + 1], rest[j + 2]
    local stood = stands[post]
    if stood == nil then stood = got[n + (j + 2) / 3] end
    if mode == 'w' then
      if put(post, cell, stood, false) then stood = cell end
    elseif stood and #stood > ORDER and not later(sub(stood, 1, ORDER), cell) then
      move(i, stood, -1)
      removed = removed + 1
      puts[#puts + 1] = post
      puts[#puts + 1] = cell
      stood = cell
    end
    stands[post] = stood
  end
  cells[i] = puts
end

for i = 1, H do
  if (hours[i] + 1) * HOUR + keep > now and #fresh[i] + #others[i] > 0 then settle(i) end
end

-- Counters: read each once, work out its new value.
local faults = 0
local changes = {}                        -- { key, expiry, fields and values to set, fields to remove }
local seen = { {}, {}, {} }               -- score, value ...: to raise in the sorted sets
local gone, any_gone = { {}, {}, {} }, false  -- value -> the ten minutes in which it is no longer
local people = {}                         -- hour -> kind -> what has been worked out for it

local function count(i, rung, expires)
  local sum, correction = sums[i] and sums[i][rung], moved[i] and moved[i][rung]
  local fields, numbers = {}, {}
  if sum then
    fields, numbers = sum[1], sum[2]
  end
  if correction then
    for j = 1, #fields do
      local d = correction[fields[j]]
      if d then
        numbers[j] = numbers[j] + d
        correction[fields[j]] = nil
      end
    end
    for field, d in pairs(correction) do
      fields[#fields + 1] = field
      numbers[#numbers + 1] = d
    end
  end
  if #fields == 0 then return end
  local got = read('HMGET', KEYS[7 * i - 6 + rung], fields)
  local set, unset, kind = {}, {}, rung - 3
  for j = 1, #fields do
    local field, d = fields[j], numbers[j]
    if d ~= 0 then
      local n = (tonumber(got[j]) or 0) + d
      if n < 0 then
        faults = faults + 1
        n = 0
      end
      if n > 0 then
        set[#set + 1] = field
        set[#set + 1] = n
      elseif got[j] then
        unset[#unset + 1] = field
      end
      if kind > 0 then
        local ten = hours[i] * 6 + tonumber(sub(field, 1, 1))
        if d > 0 and n > 0 and ten >= first_ten then
          seen[kind][#seen[kind] + 1] = ten
          seen[kind][#seen[kind] + 1] = sub(field, 3)
        elseif n == 0 and got[j] then
          local value = sub(field, 3)
          gone[kind][value] = math.max(gone[kind][value] or 0, ten)
          any_gone = true
        end
      end
    end
  end
  changes[#changes + 1] = { KEYS[7 * i - 6 + rung], expires, set, unset }
  if kind > 0 then
    people[hours[i]] = people[hours[i]] or {}
    people[hours[i]][kind] = { set, unset }
  end
end

for i = 1, H do
  if cells[i] and (sums[i] or moved[i]) then
    local expires = ends_of(hours[i])
    for rung = 1, 6 do
      if expires[rung] > now then count(i, rung, expires[rung]) end
    end
  end
end

-- A value whose last ten minutes are gone stands where it was seen before them, within what is kept, or nowhere.
local back, out = { {}, {}, {} }, { {}, {}, {} }

local function fall_back(kind)
  local values = {}
  for value in pairs(gone[kind]) do values[#values + 1] = value end
  if #values == 0 then return true end
  local scores = read('ZMSCORE', KEYS[REVISION + kind], values)
  local waiting = {}
  for j, value in ipairs(values) do
    local ten = gone[kind][value]
    if scores[j] and tonumber(scores[j]) == ten then waiting[#waiting + 1] = value end
  end
  if #waiting == 0 then return true end
  if since == 0 then return false end
  local hour = since + (#KEYS - PAST) / 3 - 1
  while #waiting > 0 and hour >= since do
    local fields = {}
    for _, value in ipairs(waiting) do
      for ten = 5, 0, -1 do fields[#fields + 1] = ten .. '|' .. value end
    end
    local got = read('HMGET', KEYS[PAST + (hour - since) * 3 + kind], fields)
    local worked_out = {}
    local pending = people[hour] and people[hour][kind]
    if pending then
      for j = 1, #pending[1], 2 do worked_out[pending[1][j]] = true end
      for _, field in ipairs(pending[2]) do worked_out[field] = false end
    end
    local still = {}
    for v, value in ipairs(waiting) do
      local found
      for ten = 5, 0, -1 do
        local at, field = hour * 6 + ten, ten .. '|' .. value
        local is_there = worked_out[field]
        if is_there == nil then is_there = got[(v - 1) * 6 + 6 - ten] end
        if not found and is_there and at >= first_ten then found = at end
      end
      if found then
        back[kind][#back[kind] + 1] = found
        back[kind][#back[kind] + 1] = value
      else
        still[#still + 1] = value
      end
    end
    waiting = still
    hour = hour - 1
  end
  out[kind] = waiting
  return true
end

if any_gone then
  for kind = 1, 3 do
    if not fall_back(kind) then return 0 end
  end
end

-- Writes. From here on nothing can fail.
for i = 1, H do
  if cells[i] and #cells[i] > 0 then
    write('HSET', KEYS[7 * i - 6], cells[i])
    redis.call('EXPIREAT', KEYS[7 * i - 6], (hours[i] + 1) * HOUR + keep)
  end
end
for _, change in ipairs(changes) do
  local key, expires, set, unset = unpack(change)
  if #unset > 0 then write('HDEL', key, unset) end
  if #set > 0 then
    write('HSET', key, set)
    redis.call('EXPIREAT', key, expires)
  end
end
for kind = 1, 3 do
  local key = KEYS[REVISION + kind]
  if #out[kind] > 0 then write('ZREM', key, out[kind]) end
  if #back[kind] > 0 then write('ZADD', key, back[kind]) end
  local raise = seen[kind]
  if #raise > 0 then
    for a = 1, #raise, CHUNK do
      redis.call('ZADD', key, 'GT', unpack(raise, a, math.min(a + CHUNK - 1, #raise)))
    end
    redis.call('ZREMRANGEBYSCORE', key, '-inf', first_ten - 1)
    redis.call('EXPIREAT', key, now + PEOPLE + HOUR)
  end
end
if added + removed > 0 then
  local key = KEYS[REVISION + 4]
  if added > 0 then redis.call('HINCRBY', key, 'matched', added) end
  if removed > 0 then redis.call('HINCRBY', key, 'retracted', removed) end
  redis.call('EXPIREAT', key, now + 35 * DAY)
end
return { added, removed, faults }
