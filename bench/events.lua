-- For wrk: posts events of a LiveKit server that were signed before.
--
--   wrk ... -s events.lua URL -- FILE RATE
--
-- FILE: whole requests of HTTP, each behind its length in eight digits.
-- RATE: events per second.
-- At the end one line for the caller: `RESULT ` and a JSON object.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]]

local now = ffi.new("moment")
local file

local function read_clock()
  ffi.C.clock_gettime(0, now)
  return tonumber(now.seconds) + tonumber(now.nanoseconds) / 1e9
end

function init(arguments)
  file = assert(io.open(arguments[1], "rb"))
  local rate, due = tonumber(arguments[2]), read_clock()
  delay = function()
    due = due + 1 / rate
    return math.max(0, (due - read_clock()) * 1000)
  end
end

function request()
  local length = file:read(8)
  if not length then -- all were sent: from the first again, which is the same event
    file:seek("set", 0)
    length = file:read(8)
  end
  return file:read(tonumber(length))
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    'RESULT {"answers": %d, "seconds": %.6f, "not_ok": %d, "lost": %d, '
      .. '"p50_ms": %.3f, "p99_ms": %.3f}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
