-- For wrk: posts sessions, each with a call id of its own.
--
--   wrk ... -s post.lua URL -- TEMPLATE KEY RUN [RATE]
--
-- TEMPLATE: a file with the body; `############` is the place of the call's number,
--   `@@` that of the agent's.
-- RUN: three digits that no other run on this instance has.
-- RATE: posts per second; without it, as fast as the answers come.
-- At the end one line for the caller: `RESULT ` and a JSON object.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]]

local AGENTS = 20
local now = ffi.new("moment")
local parts, run, sent

local function read_clock()
  ffi.C.clock_gettime(0, now)
  return tonumber(now.seconds) + tonumber(now.nanoseconds) / 1e9
end

-- The text split at its places: {text, place, text, place, ..., text}.
local function split(text)
  local found, from = {}, 1
  while true do
    local first, last = text:find("############", from, true)
    local agent_first, agent_last = text:find("@@", from, true)
    local place = "call"
    if agent_first and (not first or agent_first < first) then
      first, last, place = agent_first, agent_last, "agent"
    end
    if not first then
      found[#found + 1] = text:sub(from)
      return found
    end
    found[#found + 1] = text:sub(from, first - 1)
    found[#found + 1] = place
    from = last + 1
  end
end

-- Each post has its moment; one that is late goes at once.
local function pace(rate)
  local due = read_clock()
  delay = function()
    due = due + 1 / rate
    return math.max(0, (due - read_clock()) * 1000)
  end
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  local head = table.concat({
    "POST " .. wrk.path .. " HTTP/1.1",
    "Host: " .. wrk.host .. ":" .. wrk.port,
    "Authorization: Bearer " .. arguments[2],
    "Content-Type: application/json",
    "User-Agent: wrk",
    "Content-Length: " .. #body,
  }, "\r\n")
  parts = split(head .. "\r\n\r\n" .. body)
  run, sent = arguments[3], 0
  if arguments[4] then
    pace(tonumber(arguments[4]))
  end
end

function request()
  sent = sent + 1
  local values = {
    call = run .. string.format("%09d", sent),
    agent = string.format("%02d", sent % AGENTS),
  }
  local pieces = {}
  for index = 1, #parts do
    pieces[index] = index % 2 == 0 and values[parts[index]] or parts[index]
  end
  return table.concat(pieces)
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
