// HTTP(S) over libcurl: small answers into memory, large ones piece by piece to the caller.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace hanok {

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"; Authorization is not sent on to another host
  bool head = false;
  bool follow = true;  // redirects, at most 8
  long connect_timeout_ms = 5000;
  long first_byte_timeout_ms = 0;  // until the answer begins, anew after each redirect; 0: none of its own
  long total_timeout_ms = 0;       // 0: none; a stalled transfer ends anyway
  const std::atomic<bool>* cancel = nullptr;
};

struct HttpResponse {
  long status = 0;
  std::map<std::string, std::string> headers;  // of the last answer, names in lower case
  std::string body;

  std::string header(const std::string& name) const;
};

// Gets a small answer of at most max_bytes. Errors: kNetwork (no answer), kLimit, kInterrupted. Any status is a
// success.
Result<HttpResponse> http_get(const HttpRequest& request, size_t max_bytes = size_t{32} << 20);

// Streams an answer. `on_start` sees status and headers once, before the first byte of the final answer, and may
// refuse; `on_bytes` takes each piece. Their errors are returned as they are; a broken or stalled transfer is kNetwork.
Result<HttpResponse> http_download(const HttpRequest& request,
                                   const std::function<Status(const HttpResponse&)>& on_start,
                                   const std::function<Status(std::span<const std::byte>)>& on_bytes);

// Scheme, host and port, in lower case: "https://example.org".
std::string origin_of(const std::string& url);

// Percent-encodes what may not stand in a path; '/' stays.
std::string encode_path(std::string_view path);

}  // namespace hanok
