-- Moves the state of one alert, if it still is what its mover took it for, and never to an older instant.
--
-- KEYS[1]  the states, HASH event/alert -> 'MOVE AT STATE'
-- ARGV     event/alert, the move that the mover saw (0: none), the new move, its instant, the new state ('' takes it away)
-- Answer   1 if it was moved, else 0

local name, seen, move, at, state = unpack(ARGV)
local stood = redis.call('HGET', KEYS[1], name)
local last, instant = '0', '0'
if stood then last, instant = string.match(stood, '^(%d+) (%d+) ') end
if last ~= seen or tonumber(at) < tonumber(instant) then return 0 end
if state == '' then
  redis.call('HDEL', KEYS[1], name)
else
  redis.call('HSET', KEYS[1], name, move .. ' ' .. at .. ' ' .. state)
end
return 1
