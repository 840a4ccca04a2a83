// Downloads with ranges: cut transfers continue, changed or range-less answers start anew, the end is verified.
#include "hub/hf_download.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/disk.h"
#include "base/locale.h"
#include "base/sha256.h"
#include "hub/json_reader.h"
#include "hub/model_spec.h"

namespace hanok {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kAttempts = 5;  // without a byte of progress
constexpr std::string_view kSource = "huggingface";

// One file on its way: `<name>.part` with its identity beside it in `<name>.part.json`, then `<name>` and its record.
struct Download {
  const HfSource& source;
  const PullContext& context;
  std::string revision;
  HfFile file;
  fs::path done_path, part_path, meta_path;
  HfProbe probe;
  std::string answer_etag;  // of the server that gives the bytes, for If-Range
  uint64_t n_before = 0;    // bytes of earlier files, for the progress
  uint64_t n_total = 0;     // of all files
};

std::string base_name(const std::string& path) {
  return fs::path(path).filename().string();
}

Status save_meta(const Download& d, const std::string& sha256) {
  const Json meta{
      {"etag", d.probe.etag}, {"bytes", d.probe.n_bytes}, {"answer_etag", d.answer_etag}, {"sha256", sha256}};
  return write_file_whole(d.meta_path, meta.dump());
}

struct Meta {
  std::string etag, answer_etag, sha256;
  uint64_t n_bytes = 0;
};

Meta load_meta(const Download& d) {
  Meta meta;
  const auto text = read_small_file(d.meta_path, 1 << 16);
  if (!text) return meta;
  const auto json = parse_json(*text, d.meta_path.string());
  if (!json) return meta;
  JsonReader reader(*json, d.meta_path.string());
  meta.etag = reader.string("etag");
  meta.answer_etag = reader.string("answer_etag");
  meta.sha256 = reader.string("sha256");
  meta.n_bytes = reader.number("bytes");
  return reader.status() ? meta : Meta{};
}

// "bytes 100-199/200" → 100; -1 when it is not that.
int64_t range_start(const std::string& header) {
  if (header.substr(0, 6) != "bytes ") return -1;
  char* end = nullptr;
  const long long start = std::strtoll(header.c_str() + 6, &end, 10);
  return end != header.c_str() + 6 && *end == '-' ? start : -1;
}

// One request, from where the partial file ends. Bytes go to `out`.
Status transfer(Download& d, OutFile& out) {
  HttpRequest request;
  request.url = hf_file_url(d.source, d.revision, d.file.path);
  request.headers = hf_headers();
  request.first_byte_timeout_ms = kHfFirstByteMs;
  request.cancel = d.context.options.cancel;
  const uint64_t n_have = out.n_bytes();
  if (n_have > 0) {
    request.headers.push_back(fmt::format("Range: bytes={}-", n_have));
    if (!d.answer_etag.empty() && d.answer_etag[0] == '"') request.headers.push_back("If-Range: " + d.answer_etag);
  }
  const auto on_start = [&](const HttpResponse& response) -> Status {
    if (response.status == 416) {
      HANOK_RETURN_IF_ERROR(out.truncate(0));
      return fail(ErrorKind::kNetwork, "the server cannot continue there", request.url);
    }
    HANOK_RETURN_IF_ERROR(hf_status(response.status, request.url));
    if (n_have > 0 &&
        (response.status != 206 || range_start(response.header("content-range")) != static_cast<int64_t>(n_have))) {
      HANOK_RETURN_IF_ERROR(out.truncate(0));  // ranges are not spoken here, or the file has changed
      if (response.status == 206) return fail(ErrorKind::kNetwork, "the server sent another range", request.url);
    }
    if (response.header("etag") != d.answer_etag) {
      d.answer_etag = response.header("etag");
      return save_meta(d, {});
    }
    return {};
  };
  const auto on_bytes = [&](std::span<const std::byte> bytes) -> Status {
    if (d.probe.n_bytes != 0 && out.n_bytes() + bytes.size() > d.probe.n_bytes) {
      return fail(ErrorKind::kCorruptFile,
                  in_language("서버가 알린 것보다 많이 보냅니다", "the server sends more than it announced"),
                  request.url, fmt::format("{} bytes", d.probe.n_bytes), "more");
    }
    HANOK_RETURN_IF_ERROR(out.write(bytes));
    d.context.report(kSource, d.file.path, d.n_before + out.n_bytes(), d.n_total);
    if (d.context.cancelled()) return interrupted(d.file.path);
    return {};
  };
  HANOK_TRY(const HttpResponse response, http_download(request, on_start, on_bytes));
  return {};
}

// Transfers until the whole file is there, again after each cut as long as there is progress. A server that has given
// nothing yet is not asked again where another source is left.
Status transfer_all(Download& d, OutFile& out) {
  int n_fruitless = 0;
  while (true) {
    if (d.context.cancelled()) return interrupted(d.file.path);
    const uint64_t n_have = out.n_bytes();
    if (d.probe.n_bytes != 0 && n_have == d.probe.n_bytes) return {};
    Status status = transfer(d, out);
    if (status && (d.probe.n_bytes == 0 || out.n_bytes() == d.probe.n_bytes)) return {};
    if (status) {
      status = fail(ErrorKind::kNetwork, in_language("전송이 도중에 끝났습니다", "the transfer ended early"),
                    d.file.path, fmt::format("{} bytes", d.probe.n_bytes), fmt::format("{} bytes", out.n_bytes()),
                    in_language("같은 명령을 다시 내리면 이어집니다", "run the same command again: it continues"));
    }
    if (status.error().kind != ErrorKind::kNetwork) return status;
    n_fruitless = out.n_bytes() > n_have ? 0 : n_fruitless + 1;
    const bool may_leave = n_have == 0 && d.context.has_other_source;
    if (n_fruitless >= (may_leave ? 1 : kAttempts)) return status;
    if (n_fruitless > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100 << n_fruitless));
  }
}

Result<StoredFile> verify(const Download& d) {
  d.context.report(kSource, "verify", d.n_before + file_bytes(d.part_path), d.n_total);
  HANOK_TRY(const std::string sha256, sha256_of_file(d.part_path, [&](uint64_t) { return !d.context.cancelled(); }));
  const std::string& expected = d.file.sha256.empty() ? d.probe.sha256 : d.file.sha256;
  if (!expected.empty() && expected != sha256) return reject_file(d.part_path, expected, sha256);
  HANOK_RETURN_IF_ERROR(save_meta(d, sha256));
  HANOK_RETURN_IF_ERROR(move_file(d.part_path, d.done_path));
  return StoredFile{base_name(d.file.path), file_bytes(d.done_path), sha256, !expected.empty()};
}

Result<StoredFile> fetch_one(Download& d) {
  HANOK_TRY(d.probe, hf_probe(d.source, d.revision, d.file.path, d.context));
  if (!d.probe.commit.empty()) d.revision = d.probe.commit;
  if (d.probe.n_bytes == 0) d.probe.n_bytes = d.file.n_bytes;
  const bool other_size = d.file.n_bytes != 0 && d.probe.n_bytes != d.file.n_bytes;
  const bool other_sha = !d.file.sha256.empty() && !d.probe.sha256.empty() && d.file.sha256 != d.probe.sha256;
  if (other_size || other_sha) {
    return fail(ErrorKind::kRefused,
                in_language("서버의 파일이 알려진 것과 다릅니다", "the server offers another file than the one known"),
                hf_file_url(d.source, d.revision, d.file.path),
                other_sha ? d.file.sha256 : fmt::format("{} bytes", d.file.n_bytes),
                other_sha ? d.probe.sha256 : fmt::format("{} bytes", d.probe.n_bytes));
  }
  const Meta meta = load_meta(d);
  const bool same = !meta.etag.empty() && meta.etag == d.probe.etag && meta.n_bytes == d.probe.n_bytes;
  if (same && !meta.sha256.empty() && fs::exists(d.done_path) && file_bytes(d.done_path) == meta.n_bytes) {
    const std::string& expected = d.file.sha256.empty() ? d.probe.sha256 : d.file.sha256;
    if (expected.empty() || expected == meta.sha256) {
      return StoredFile{base_name(d.file.path), meta.n_bytes, meta.sha256, !expected.empty()};
    }
  }
  uint64_t n_have = same ? file_bytes(d.part_path) : 0;
  if (d.probe.n_bytes != 0 && n_have > d.probe.n_bytes) n_have = 0;
  if (n_have > 0) d.answer_etag = meta.answer_etag;
  HANOK_RETURN_IF_ERROR(
      need_room(d.context.partial, d.probe.n_bytes - std::min(n_have, d.probe.n_bytes) + (uint64_t{16} << 20)));
  HANOK_RETURN_IF_ERROR(save_meta(d, {}));
  {
    HANOK_TRY(OutFile out, OutFile::open(d.part_path, n_have));
    const Status status = transfer_all(d, out);
    HANOK_RETURN_IF_ERROR(out.sync());
    HANOK_RETURN_IF_ERROR(status);
  }
  return verify(d);
}

std::string token() {
  for (const char* variable : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    const char* set = std::getenv(variable);
    if (set != nullptr && set[0] != '\0') return set;
  }
  const char* home = std::getenv("HF_HOME");
  const char* user = std::getenv("HOME");
  if (home == nullptr && user == nullptr) return {};
  const fs::path folder = home != nullptr ? fs::path(home) : fs::path(user) / ".cache" / "huggingface";
  const auto text = read_small_file(folder / "token", 4096);
  return text ? *text : std::string();
}

}  // namespace

std::vector<std::string> hf_headers() {
  std::vector<std::string> headers{"Accept-Encoding: identity"};
  std::string secret = token();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r' || secret.back() == ' ')) secret.pop_back();
  if (!secret.empty() && secret.find_first_of("\r\n") == std::string::npos)
    headers.push_back("Authorization: Bearer " + secret);
  return headers;
}

std::string hf_file_url(const HfSource& source, const std::string& revision, const std::string& file) {
  return fmt::format("{}/{}/resolve/{}/{}", hf_endpoint(), encode_path(source.id), encode_path(revision),
                     encode_path(file));
}

Status hf_status(long status, const std::string& where) {
  if (status >= 200 && status < 300) return {};
  const std::string got = fmt::format("HTTP {}", status);
  if (status == 401) {
    return fail(ErrorKind::kRefused,
                in_language("서버가 토큰을 요구하거나, 그런 모델이 없습니다",
                            "the server asks for a token, or there is no such model"),
                where, {}, got,
                in_language("이름을 확인하세요. 접근 제한 모델이면 HF_TOKEN에 자기 계정의 토큰을 넣으세요",
                            "check the name; for a gated model set HF_TOKEN to a token of your account"));
  }
  if (status == 403) {
    return fail(ErrorKind::kRefused, in_language("접근이 허락되지 않았습니다", "access is not granted"), where, {}, got,
                in_language("HF_TOKEN의 계정으로 모델의 페이지에서 조건에 동의하세요",
                            "accept the model's terms on its page with the account of HF_TOKEN"));
  }
  if (status == 404)
    return fail(ErrorKind::kNotFound,
                in_language("그런 모델, 리비전 또는 파일이 없습니다", "no such model, revision or file"), where, {},
                got);
  return fail(ErrorKind::kNetwork, in_language("서버가 주지 않습니다", "the server does not give it"), where, {}, got,
              in_language("나중에 다시 하면 이어집니다", "try again later: it continues"));
}

Result<std::vector<StoredFile>> hf_fetch(const HfSource& source, const std::string& commit,
                                         const std::vector<HfFile>& files, const PullContext& context) {
  uint64_t n_total = 0;
  for (const auto& file : files) n_total += file.n_bytes;
  std::vector<StoredFile> stored;
  uint64_t n_before = 0;
  for (const auto& file : files) {
    const std::string name = base_name(file.path);
    if (!is_store_name(name))
      return fail(ErrorKind::kUnsupported,
                  in_language("둘 수 없는 파일 이름입니다", "a file name that cannot be stored"), name);
    Download d{source,
               context,
               commit.empty() ? source.revision : commit,
               file,
               context.partial / name,
               context.partial / (name + ".part"),
               context.partial / (name + ".part.json"),
               {},
               {},
               n_before,
               n_total};
    HANOK_TRY(StoredFile done, fetch_one(d));
    n_before += done.n_bytes;
    context.report(kSource, file.path, n_before, std::max(n_total, n_before));
    stored.push_back(std::move(done));
  }
  return stored;
}

}  // namespace hanok
