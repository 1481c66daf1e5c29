/**
 * Lua scripts: each runs in Redis as one step, so that no crash and no other replica comes between.
 *
 * Times are those of Redis, so that the clocks of replicas need not agree.
 */

/** Keys: queue, own list, processes. Arguments: own name, how many jobs. */
export const TAKE = `
redis.call('ZADD', KEYS[3], redis.call('TIME')[1], ARGV[1])
local held = redis.call('LLEN', KEYS[2])
local jobs = {}
for i = 1, tonumber(ARGV[2]) do
  local job = redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT')
  if not job then break end
  jobs[i] = job
end
return {held, redis.call('LLEN', KEYS[1]), jobs}`;

/** Newest first to the end from which jobs are taken, so that the oldest is the next one. */
const MOVE_BACK = `
local moved = 0
while redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') do moved = moved + 1 end`;

/** Keys: own list, queue. */
export const GIVE_BACK = `${MOVE_BACK}
return moved`;

/** Keys: list of a process, queue, processes. Arguments: its name, seconds until it is dead, until it is forgotten. */
export const RECOVER = `
local heard = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not heard then return 0 end
local silent = redis.call('TIME')[1] - heard
if silent < tonumber(ARGV[2]) then return 0 end
${MOVE_BACK}
if silent >= tonumber(ARGV[3]) then redis.call('ZREM', KEYS[3], ARGV[1]) end
return moved`;
