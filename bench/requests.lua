-- What wrk sends: each request has another URL, the headers are the same.
local number = 0

wrk.headers["Accept"] = "*/*"
wrk.headers["User-Agent"] = "wrk"

function request()
  number = number + 1
  return wrk.format("GET", "/api/orders/" .. number .. "?size=" .. number % 100)
end
