// One libcurl transfer at a time; each has its own handle.
#include "hub/http.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kStallSeconds = 30;  // slower than 1 byte per second for this long: the transfer is given up

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Transfer {
  HttpResponse response;
  const std::function<Status(const HttpResponse&)>* on_start = nullptr;
  const std::function<Status(std::span<const std::byte>)>* on_bytes = nullptr;
  const std::atomic<bool>* cancel = nullptr;
  long first_byte_timeout_ms = 0;
  std::optional<Clock::time_point> answer_by;  // when the first line of the final answer must have come
  bool is_late = false;
  bool started = false;
  bool follow = true;
  Status status;

  bool is_redirect() const { return follow && response.status >= 300 && response.status < 400; }
  bool is_awaiting() const { return response.status < 200 || is_redirect(); }

  void set_deadline() {
    if (first_byte_timeout_ms > 0) answer_by = Clock::now() + std::chrono::milliseconds(first_byte_timeout_ms);
  }

  bool start() {
    if (!started) {
      started = true;
      if (status && on_start != nullptr && *on_start) status = (*on_start)(response);
    }
    return status.has_value();
  }
};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  if (line.substr(0, 5) == "HTTP/") {  // a new answer begins: after a redirect or an interim one
    transfer.response.headers.clear();
    const size_t space = line.find(' ');
    transfer.response.status =
        space == std::string_view::npos ? 0 : std::atol(std::string(line.substr(space + 1, 3)).c_str());
    if (transfer.is_redirect()) transfer.set_deadline();
  } else if (const size_t colon = line.find(':');
             colon != std::string_view::npos && transfer.response.headers.size() < 500) {
    transfer.response.headers[lower(std::string(line.substr(0, colon)))] = trim(line.substr(colon + 1));
  }
  return size * count;
}

size_t on_write(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t n_bytes = size * count;
  if (transfer.is_redirect()) return n_bytes;  // the text of a redirect
  if (!transfer.start()) return 0;
  transfer.status = (*transfer.on_bytes)(std::as_bytes(std::span(data, n_bytes)));
  return transfer.status ? n_bytes : 0;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.is_late = transfer.answer_by && transfer.is_awaiting() && Clock::now() > *transfer.answer_by;
  if (transfer.is_late) return 1;
  return transfer.cancel != nullptr && transfer.cancel->load() ? 1 : 0;
}

const char* check_network() {
  return in_language("네트워크(HTTPS_PROXY, HF_ENDPOINT)를 확인하고 같은 명령을 다시 내리면 이어집니다",
                     "check the network (HTTPS_PROXY, HF_ENDPOINT) and run the same command again: it continues");
}

void set_certificates(CURL* handle) {
  for (const char* variable : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}) {
    const char* path = std::getenv(variable);
    if (path != nullptr && path[0] != '\0') {
      curl_easy_setopt(handle, CURLOPT_CAINFO, path);
      return;
    }
  }
}

void configure(CURL* handle, const HttpRequest& request, curl_slist* headers, Transfer& transfer) {
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_NOBODY, request.head ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "hanok/0.1");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, request.follow ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 8L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, request.url.substr(0, 6) == "https:" ? "https" : "http,https");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, request.connect_timeout_ms);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, request.total_timeout_ms);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L << 10);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's answer is not the server's
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &transfer);
  set_certificates(handle);
}

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? std::string() : it->second;
}

Result<HttpResponse> http_download(const HttpRequest& request,
                                   const std::function<Status(const HttpResponse&)>& on_start,
                                   const std::function<Status(std::span<const std::byte>)>& on_bytes) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, CurlFree> handle(curl_easy_init());
  if (!handle) return fail(ErrorKind::kNetwork, "libcurl does not start", request.url);
  curl_slist* list = nullptr;
  for (const auto& header : request.headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, CurlFree> headers(list);

  Transfer transfer;
  transfer.on_start = &on_start;
  transfer.on_bytes = &on_bytes;
  transfer.cancel = request.cancel;
  transfer.follow = request.follow;
  transfer.first_byte_timeout_ms = request.first_byte_timeout_ms;
  transfer.set_deadline();
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, reason);
  configure(handle.get(), request, headers.get(), transfer);
  const CURLcode code = curl_easy_perform(handle.get());
  if (!transfer.status) return tl::unexpected(transfer.status.error());
  if (transfer.is_late)
    return fail(ErrorKind::kNetwork, in_language("서버가 답하지 않습니다", "the server does not answer"), request.url,
                fmt::format(fmt::runtime(in_language("{}초 안의 답", "an answer within {} s")),
                            request.first_byte_timeout_ms / 1000),
                in_language("아무것도 오지 않음", "nothing"), check_network());
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), request.url, {}, {},
                in_language("같은 명령을 다시 내리면 이어집니다", "run the same command again: it continues"));
  }
  if (code != CURLE_OK) {
    return fail(ErrorKind::kNetwork, in_language("전송하지 못했습니다", "the transfer failed"), request.url, {},
                reason[0] != '\0' ? reason : curl_easy_strerror(code), check_network());
  }
  if (!transfer.start()) return tl::unexpected(transfer.status.error());
  return std::move(transfer.response);
}

Result<HttpResponse> http_get(const HttpRequest& request, size_t max_bytes) {
  std::string body;
  const auto take = [&](std::span<const std::byte> bytes) -> Status {
    if (body.size() + bytes.size() > max_bytes) {
      return fail(ErrorKind::kLimit, in_language("답이 너무 큽니다", "the answer is too large"), request.url,
                  fmt::format(fmt::runtime(in_language("최대 {}바이트", "at most {} bytes")), max_bytes));
    }
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  HANOK_TRY(HttpResponse response, http_download(request, {}, take));
  response.body = std::move(body);
  return response;
}

std::string origin_of(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  return lower(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

std::string encode_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace hanok
