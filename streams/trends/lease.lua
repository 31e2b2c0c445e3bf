-- A lease held by token.
--
-- KEYS     the lease
-- ARGV     what ('take', 'renew' or 'release'), token, seconds
-- Answer   1 if the holder holds it now (for 'release': if it did), else 0

local holder = redis.call('GET', KEYS[1])
local what, token, seconds = unpack(ARGV)
if holder and holder ~= token then return 0 end
if what == 'release' then return redis.call('DEL', KEYS[1]) end
if not holder and what == 'renew' then return 0 end
redis.call('SET', KEYS[1], token, 'EX', seconds)
return 1
