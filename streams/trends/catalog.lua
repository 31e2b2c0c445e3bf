-- Which revision of an event serves, and which is being back-filled. Moves only forward in the offsets of the topic
-- `tracked-events`, so that a late or paused worker can't bring an older revision back.
--
-- KEYS     serving, pending, definitions, retired, version
-- ARGV     what ('propose', 'take_over' or 'remove'), event id, offset, revision, definition, and for 'take_over' the run
--          id of the process in which it was counted, or ''
-- Answer   1 if that is how it stands now, 0 if something later does, or if this is another process
--
-- serving and pending: HASH event id -> 'OFFSET REVISION' (an event that was removed: 'OFFSET '); definitions: HASH
-- tag -> JSON; retired: ZSET tag -> when it was superseded; version: another text after every change of these, so that
-- readers of many events see that nothing changed without reading them.

local serving, pending, definitions, retired, version = unpack(KEYS)
local what, id, offset, revision, definition, process = unpack(ARGV)
offset = tonumber(offset)
local clock = redis.call('TIME')
local now = clock[1]

local function stands(key)
  local found = redis.call('HGET', key, id)
  if not found then return -1, '' end
  local at, of = string.match(found, '^(%d+) (.*)$')
  return tonumber(at), of
end

local serving_at, serves = stands(serving)
local pending_at, waits = stands(pending)

local function retire(old)
  if old ~= '' and old ~= revision then redis.call('ZADD', retired, 'NX', now, id .. '@' .. old) end
end

local function set(key, field, value)
  if redis.call('HGET', key, field) == value then return end
  redis.call('HSET', key, field, value)
  redis.call('SET', version, clock[1] .. '.' .. clock[2])
end

local function drop_pending()
  if pending_at < 0 or (pending_at > offset and waits ~= revision) then return end
  retire(waits)
  redis.call('HDEL', pending, id)
  redis.call('SET', version, clock[1] .. '.' .. clock[2])
end

local function keep(key)
  set(definitions, id .. '@' .. revision, definition)
  set(key, id, ARGV[3] .. ' ' .. revision)
  redis.call('ZREM', retired, id .. '@' .. revision)
end

-- Nothing to count anew: its title, alerts or notify were changed, or its definition was lost. So a revision serves or
-- is being back-filled, never both.
if what == 'propose' and revision == serves then what = 'take_over' end

if what == 'propose' then
  if offset < pending_at or offset <= serving_at then return 0 end
  if waits ~= serves then retire(waits) end
  keep(pending)
  return 1
end

if offset < serving_at then return 0 end
if what == 'take_over' then
  -- A restart right before this call may have lost the last of what was counted.
  if process ~= '' and not string.find(redis.call('INFO', 'server'), 'run_id:' .. process, 1, true) then return 0 end
  if offset == serving_at and serves ~= revision then return 0 end
  retire(serves)
  drop_pending()
  keep(serving)
  return 1
end

-- remove
if offset == serving_at and serves ~= '' then return 0 end
retire(serves)
drop_pending()
set(serving, id, ARGV[3] .. ' ')
return 1
