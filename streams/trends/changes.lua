-- How often the counts of some event revisions have changed. Writes nothing.
--
-- KEYS     the changes of each revision
-- Answer   msgpack array with, for each revision: contributions added, taken back

local answers = {}
for k = 1, #KEYS do
  local made = redis.call('HMGET', KEYS[k], 'matched', 'retracted')
  answers[k] = { tonumber(made[1]) or 0, tonumber(made[2]) or 0 }
end
return cmsgpack.pack(answers)
