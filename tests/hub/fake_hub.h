// A small local server that speaks the Hugging Face protocol and can cut, lie, redirect, hang and refuse.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <httplib.h>

#include "test_support.h"

namespace hanok::testing {

inline constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

// Speaks as much of the protocol as a pull uses. Behaviour is set before the request.
class FakeHub {
 public:
  FakeHub() {
    server_.Get(R"(/api/models/([^/]+/[^/]+)/revision/(.+))",
                [this](const auto& request, auto& response) { list(request, response); });
    server_.Get(R"(/([^/]+/[^/]+)/resolve/([^/]+)/(.+))",
                [this](const auto& request, auto& response) { resolve(request, response); });
    server_.Get(R"(/cdn/(.+))",
                [this](const auto& request, auto& response) { content(request, response, request.matches[1]); });
    server_.set_keep_alive_max_count(1);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~FakeHub() {
    hangs = false;
    files_hang = false;
    server_.stop();
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  std::map<std::string, std::string> files;
  std::string licence = "apache-2.0";
  std::string announced_sha256;  // instead of the true one
  bool tells_checksums = true;
  std::atomic<bool> hangs{false};       // the listing is never answered
  std::atomic<bool> files_hang{false};  // HEAD is answered, GET of a file's bytes never
  int status = 200;                     // of every answer
  bool ignore_ranges = false;
  bool redirect = true;                // large files live under /cdn
  std::atomic<int64_t> cut_after{-1};  // bytes of body in the next answer before the connection is cut
  int n_cuts = 1;                      // so many answers are cut
  std::string token;                   // asked for when not empty
  std::vector<std::string> ranges;     // the Range headers seen
  std::string token_at_cdn;            // what reached the other address
  std::atomic<int> n_requests{0};
  std::atomic<int> n_file_gets{0};  // so often a file's bytes were asked for

 private:
  bool refused(const httplib::Request& request, httplib::Response& response) {
    ++n_requests;
    if (!token.empty() && request.get_header_value("Authorization") != "Bearer " + token) response.status = 401;
    if (status != 200) response.status = status;
    return response.status >= 400;
  }
  std::string etag(const std::string& name) const {
    if (!tells_checksums) return "a-revision-of-" + name;
    return announced_sha256.empty() ? sha256_of(files.at(name)) : announced_sha256;
  }

  void list(const httplib::Request& request, httplib::Response& response) {
    while (hangs) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (refused(request, response)) return;
    std::string siblings;
    for (const auto& [name, text] : files) {
      if (!tells_checksums) {
        siblings += fmt::format(R"({}{{"rfilename":"{}","size":{}}})", siblings.empty() ? "" : ",", name, text.size());
        continue;
      }
      siblings += fmt::format(R"({}{{"rfilename":"{}","size":{},"lfs":{{"sha256":"{}","size":{}}}}})",
                              siblings.empty() ? "" : ",", name, text.size(), etag(name), text.size());
    }
    response.set_content(
        fmt::format(R"({{"sha":"{}","cardData":{{"license":"{}"}},"siblings":[{}]}})", kCommit, licence, siblings),
        "application/json");
  }
  void resolve(const httplib::Request& request, httplib::Response& response) {
    if (refused(request, response)) return;
    const std::string name = request.matches[3];
    if (files.count(name) == 0) {
      response.status = 404;
      return;
    }
    response.set_header("X-Repo-Commit", kCommit);
    response.set_header("X-Linked-Etag", "\"" + etag(name) + "\"");
    response.set_header("X-Linked-Size", std::to_string(files[name].size()));
    if (!redirect) return content(request, response, name);
    response.status = 302;
    response.set_header("Location", fmt::format("http://localhost:{}/cdn/{}", port_, name));
  }
  void content(const httplib::Request& request, httplib::Response& response, const std::string& name) {
    if (request.method == "GET") {
      ++n_file_gets;
      while (files_hang) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const std::lock_guard lock(mutex_);
    const std::string& text = files.at(name);
    token_at_cdn += redirect ? request.get_header_value("Authorization") : "";
    size_t begin = 0;
    if (request.has_header("Range")) {
      ranges.push_back(request.get_header_value("Range"));
      if (!ignore_ranges) begin = std::stoul(ranges.back().substr(6));
    }
    response.set_header("ETag", "\"" + sha256_of(text) + "\"");
    const int64_t cut = n_cuts > 0 && request.method == "GET" ? cut_after.load() : -1;
    if (cut >= 0) --n_cuts;
    const auto provide = [text, begin, cut, ignored = ignore_ranges](size_t offset, size_t length,
                                                                     httplib::DataSink& sink) {
      const size_t from = ignored ? offset : std::max(offset, begin);
      const size_t done = from - begin;
      if (cut >= 0 && done >= static_cast<size_t>(cut)) return false;
      const size_t n = std::min({length, text.size() - from, cut >= 0 ? static_cast<size_t>(cut) - done : text.size()});
      return sink.write(text.data() + from, n);
    };
    if (ignore_ranges) const_cast<httplib::Request&>(request).ranges.clear();
    response.set_content_provider(text.size(), "application/octet-stream", provide);
  }

  httplib::Server server_;
  std::thread thread_;
  std::mutex mutex_;
  int port_ = 0;
};

}  // namespace hanok::testing
