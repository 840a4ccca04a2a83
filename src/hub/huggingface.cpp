// The questions asked of a Hugging Face server: repository listing, file identity, which files make a model.
#include "hub/huggingface.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/locale.h"
#include "base/sha256.h"
#include "formats/split_name.h"
#include "hub/hf_download.h"
#include "hub/json_reader.h"
#include "hub/model_spec.h"

namespace hanok {
using Json = nlohmann::ordered_json;

namespace {

constexpr long kProbeMs = 8000;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string unquote_etag(std::string tag) {
  if (tag.substr(0, 2) == "W/") tag.erase(0, 2);
  std::erase(tag, '"');
  return tag;
}

uint64_t parse_bytes(const std::string& text) {
  return text.empty() || text[0] == '-' ? 0 : std::strtoull(text.c_str(), nullptr, 10);
}

HfRepository read_repository(const Json& json, JsonReader& reader) {
  HfRepository repository;
  repository.commit = reader.string("sha");
  if (!repository.commit.empty() && !is_hf_revision(repository.commit))
    reader.wrong("sha", "a commit", repository.commit);
  if (json.contains("cardData") && json["cardData"].is_object()) {
    const Json& card = json["cardData"];
    const auto text = [&](const char* key) {
      return card.contains(key) && card[key].is_string() ? card[key].get<std::string>() : std::string();
    };
    repository.licence = text("license");
    if (repository.licence == "other" && !text("license_name").empty()) repository.licence = text("license_name");
  }
  for (const auto& tag : reader.strings("tags")) {
    if (repository.licence.empty() && tag.substr(0, 8) == "license:") repository.licence = tag.substr(8);
  }
  return repository;
}

// Files a folder of safetensors needs beside its weights.
bool is_companion(const std::string& name) {
  static const char* const kNames[] = {"config.json",        "generation_config.json",
                                       "tokenizer.json",     "tokenizer_config.json",
                                       "vocab.json",         "merges.txt",
                                       "tokenizer.model",    "added_tokens.json",
                                       "chat_template.json", "special_tokens_map.json",
                                       "chat_template.jinja"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::vector<HfFile> with_all_parts(const HfRepository& repository, const HfFile& file) {
  const auto split = split_name(file.path);
  if (!split) return {file};
  std::vector<HfFile> parts;
  for (const auto& other : repository.files) {
    const auto also = split_name(other.path);
    if (also && also->base == split->base && also->n_parts == split->n_parts) parts.push_back(other);
  }
  std::sort(parts.begin(), parts.end(), [](const HfFile& a, const HfFile& b) { return a.path < b.path; });
  return parts;
}

std::string names_of(const std::vector<HfFile>& files) {
  std::string names;
  for (size_t i = 0; i < std::min<size_t>(files.size(), 12); ++i) names += (i > 0 ? ", " : "") + files[i].path;
  return files.size() > 12 ? names + ", …" : names;
}

// GGUF files that are models of their own: the first part of split ones, no projectors.
std::vector<HfFile> gguf_files(const HfRepository& repository, std::string_view tag) {
  std::vector<HfFile> found;
  for (const auto& file : repository.files) {
    if (!ends_with(file.path, ".gguf") || lower(file.path).find("mmproj") != std::string::npos) continue;
    if (const auto split = split_name(file.path); split && split->part != 1) continue;
    if (lower(file.path).find(lower(tag)) != std::string::npos) found.push_back(file);
  }
  return found;
}

}  // namespace

std::string hf_endpoint() {
  const char* set = std::getenv("HF_ENDPOINT");
  std::string endpoint = set != nullptr && set[0] != '\0' ? set : "https://huggingface.co";
  while (!endpoint.empty() && endpoint.back() == '/') endpoint.pop_back();
  return endpoint;
}

LicenceKind classify_licence(std::string_view name) {
  const std::string text = lower(name);
  for (const char* word : {"-nc", "nc-", "non-commercial", "noncommercial", "research", "exaone"}) {
    if (text.find(word) != std::string::npos && text.find("k-exaone") == std::string::npos)
      return LicenceKind::kNonCommercial;
  }
  static const char* const kFree[] = {"apache-2.0", "mit",       "bsd",         "bsd-2-clause", "bsd-3-clause",
                                      "cc-by-4.0",  "cc0-1.0",   "isc",         "cc-by-sa-4.0", "unlicense",
                                      "zlib",       "cc-by-3.0", "mpl-2.0",     "gpl-3.0",      "lgpl-3.0",
                                      "agpl-3.0",   "bsl-1.0",   "artistic-2.0"};
  if (text.empty()) return LicenceKind::kFree;  // nothing said: shown as such, nothing to accept
  return std::find(std::begin(kFree), std::end(kFree), text) != std::end(kFree) ? LicenceKind::kFree
                                                                                : LicenceKind::kSpecial;
}

Result<HfRepository> hf_repository(const HfSource& source, const PullContext& context) {
  HttpRequest request;
  request.url = fmt::format("{}/api/models/{}/revision/{}?blobs=true", hf_endpoint(), encode_path(source.id),
                            encode_path(source.revision));
  request.headers = hf_headers();
  request.first_byte_timeout_ms = kHfFirstByteMs;
  request.total_timeout_ms = 4 * kProbeMs;
  request.cancel = context.options.cancel;
  HANOK_TRY(const HttpResponse response, http_get(request));
  HANOK_RETURN_IF_ERROR(hf_status(response.status, to_spec(source)));
  HANOK_TRY(const Json json, parse_json(response.body, request.url));
  JsonReader reader(json, request.url);
  HfRepository repository = read_repository(json, reader);
  if (const Json* siblings = reader.array("siblings")) {
    for (const Json& item : *siblings) {
      JsonReader entry(item, request.url + ": siblings");
      HfFile file{entry.required_string("rfilename"), entry.number("size"), {}};
      if (const Json* lfs = entry.object("lfs")) {
        JsonReader fields(*lfs, request.url + ": lfs");
        file.sha256 = fields.string("sha256");
        if (const uint64_t n_bytes = fields.number("size"); n_bytes != 0) file.n_bytes = n_bytes;
        if (!file.sha256.empty() && !is_sha256_hex(file.sha256)) fields.wrong("sha256", "64 hex digits", file.sha256);
        HANOK_RETURN_IF_ERROR(fields.status());
      }
      if (!is_plain_path(file.path)) entry.wrong("rfilename", "a relative path without ..", file.path);
      HANOK_RETURN_IF_ERROR(entry.status());
      repository.files.push_back(std::move(file));
    }
  }
  HANOK_RETURN_IF_ERROR(reader.status());
  return repository;
}

Result<std::vector<HfFile>> hf_select(const HfRepository& repository, const HfSource& source) {
  for (const auto& file : repository.files) {
    if (!source.file.empty() && file.path == source.file) return with_all_parts(repository, file);
  }
  std::vector<HfFile> weights, companions;
  bool has_index = false;
  for (const auto& file : repository.files) {
    if (file.path.find('/') != std::string::npos) continue;
    if (ends_with(file.path, ".safetensors")) weights.push_back(file);
    if (is_companion(file.path) || ends_with(file.path, ".safetensors.index.json")) companions.push_back(file);
    has_index = has_index || file.path == "model.safetensors.index.json";
  }
  const std::vector<HfFile> ggufs = gguf_files(repository, source.file);
  if (!source.file.empty() || weights.empty()) {
    if (ggufs.size() == 1) return with_all_parts(repository, ggufs[0]);
    if (ggufs.size() > 1) {
      return fail(
          ErrorKind::kInvalidInput, in_language("맞는 파일이 여럿입니다", "several files fit"), to_spec(source),
          fmt::format(fmt::runtime(in_language("{} 가운데 하나", "one of {}")), names_of(ggufs)), {},
          fmt::format(fmt::runtime(in_language("하나를 적으세요: hf:{}:파일", "name one: hf:{}:FILE")), source.id));
    }
    return fail(
        source.file.empty() ? ErrorKind::kUnsupported : ErrorKind::kNotFound,
        source.file.empty() ? in_language("저장소에 safetensors나 GGUF 파일이 없습니다",
                                          "no safetensors or GGUF files in the repository")
                            : in_language("저장소에 그런 파일이 없습니다", "no such file in the repository"),
        to_spec(source), {},
        repository.files.empty() ? in_language("빈 저장소", "an empty repository") : names_of(repository.files));
  }
  // Some repositories carry the same weights twice ("consolidated.safetensors"): those named model* are the ones.
  const auto is_model = [](const HfFile& file) { return file.path.substr(0, 5) == "model"; };
  if (std::any_of(weights.begin(), weights.end(), is_model)) {
    std::erase_if(weights, [&](const HfFile& file) {
      return !is_model(file) || (has_index && file.path == "model.safetensors" && weights.size() > 1);
    });
  }
  companions.insert(companions.end(), weights.begin(), weights.end());
  return companions;
}

Result<HfProbe> hf_probe(const HfSource& source, const std::string& revision, const std::string& file,
                         const PullContext& context) {
  HttpRequest request;
  request.url = hf_file_url(source, revision, file);
  request.headers = hf_headers();
  request.head = true;
  request.follow = false;
  request.first_byte_timeout_ms = kHfFirstByteMs;
  request.total_timeout_ms = kProbeMs;
  request.cancel = context.options.cancel;
  for (int n_hops = 0; n_hops < 5; ++n_hops) {
    HANOK_TRY(const HttpResponse response, http_get(request));
    const std::string location = response.header("location");
    const std::string linked = response.header("x-linked-etag");
    // A renamed repository redirects within the server; the content itself lives elsewhere and is described here.
    const bool same_server = !location.empty() && (location[0] == '/' || origin_of(location) == origin_of(request.url));
    if (response.status >= 300 && response.status < 400 && linked.empty() && same_server) {
      request.url = location[0] == '/' ? origin_of(request.url) + location : location;
      continue;
    }
    if (response.status < 300 || response.status >= 400) HANOK_RETURN_IF_ERROR(hf_status(response.status, request.url));
    HfProbe probe;
    probe.commit = response.header("x-repo-commit");
    if (!is_hf_revision(probe.commit)) probe.commit.clear();
    probe.etag = unquote_etag(linked.empty() ? response.header("etag") : linked);
    probe.sha256 = is_sha256_hex(lower(probe.etag)) ? lower(probe.etag) : std::string();
    const std::string size = response.header("x-linked-size");
    if (!size.empty() || response.status < 300)
      probe.n_bytes = parse_bytes(size.empty() ? response.header("content-length") : size);
    return probe;
  }
  return fail(ErrorKind::kNetwork, in_language("다른 주소로 너무 많이 돌려보냅니다", "too many redirects"),
              request.url);
}

}  // namespace hanok
