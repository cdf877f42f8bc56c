-- wrk's script: it sends the bodies in the files that are its arguments, in turn, and prints one line of JSON.
local requests, turn = {}, 0

function init(files)
   for _, name in ipairs(files) do
      local file = assert(io.open(name, "rb"))
      local headers = { ["Content-Type"] = "application/json" }
      requests[#requests + 1] = wrk.format("POST", "/prioritize", headers, file:read("*a"))
      file:close()
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'found: {"a_second": %f, "middle": %f, "p99": %f, "failed": %d}\n',
      summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
