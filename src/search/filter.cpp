#include "search/filter.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/locale.h"
#include "base/text_encoding.h"
#include "base/utf8.h"
#include "search/file_walk.h"
#include "search/terms.h"
#include "text/unicode.h"

namespace hanok {
namespace {

// A type as people write it, and the format of ReadDocument that it is.
constexpr auto kFormats = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"hwp", "hwp5"},    {"hwp", "hwp3"},  {"hwp5", "hwp5"}, {"hwp3", "hwp3"},   {"hwpx", "hwpx"},
    {"hwpml", "hwpml"}, {"hml", "hwpml"}, {"pdf", "pdf"},   {"docx", "docx"},   {"xlsx", "xlsx"},
    {"pptx", "pptx"},   {"odt", "odt"},   {"epub", "epub"}, {"html", "html"},   {"htm", "html"},
    {"eml", "eml"},     {"mail", "eml"},  {"csv", "csv"},   {"md", "markdown"}, {"markdown", "markdown"},
    {"txt", "text"},    {"text", "text"},
});

// As it is compared: macOS writes names in NFD, people type NFC.
std::string comparable(const std::string& path) {
  return normalize(replace_invalid_utf8(path), Normalization::kNfc);
}

std::string without_last_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// As many names of the path as the other has.
std::string beginning_of(const std::string& path, const std::string& other) {
  auto n_names = std::count(other.begin(), other.end(), '/');
  size_t end = 0;
  while (end < path.size() && (path[end] != '/' || n_names-- > 0)) ++end;
  return path.substr(0, end);
}

// One type that is asked for.
class Type {
 public:
  explicit Type(const std::string& given) : name_(fold_text(replace_invalid_utf8(given))) {
    if (name_.starts_with('.')) name_.erase(0, 1);
    is_format_ = std::any_of(kFormats.begin(), kFormats.end(), [&](const auto& f) { return f.first == name_; });
  }
  bool is_format() const { return is_format_; }
  bool holds(const DocumentEntry& document, const std::string& ending) const {
    if (!is_format_) return !name_.empty() && ending == "." + name_;
    return std::any_of(kFormats.begin(), kFormats.end(),
                       [&](const auto& f) { return f.first == name_ && f.second == document.format; });
  }

 private:
  std::string name_;
  bool is_format_ = false;
};

std::string list_of_types() {
  std::string list;
  std::string_view last;
  for (const auto& [type, format] : kFormats) {
    if (type != last) list += (list.empty() ? "" : ", ") + std::string(type);
    last = type;
  }
  return list;
}

class Filter {
 public:
  explicit Filter(const SearchFilter& filter)
      : filter_(filter),
        folder_(without_last_slashes(comparable(filter.folder))),
        types_(filter.types.begin(), filter.types.end()),
        is_known_(types_.size()),
        has_folder_(filter.folder.empty()) {
    for (size_t i = 0; i < types_.size(); ++i) is_known_[i] = types_[i].is_format();
  }

  bool passes(const DocumentEntry& document, const std::string& path) {
    const bool is_there = filter_.folder.empty() || is_at_or_below(comparable(path), folder_);
    has_folder_ = has_folder_ || is_there;
    return has_type(document, path) && is_there && (!filter_.since_s || document.date_s >= *filter_.since_s) &&
           (!filter_.until_s || document.date_s < *filter_.until_s);
  }

  // What no document at all could have passed.
  Status misses() const {
    for (size_t i = 0; i < is_known_.size(); ++i) {
      if (is_known_[i]) continue;
      return fail(ErrorKind::kInvalidInput, in_language("모르는 문서 종류입니다", "not a known type of document"), "",
                  list_of_types(), filter_.types[i],
                  in_language("모음에 이렇게 끝나는 파일도 없습니다", "no file of the collection ends so either"));
    }
    if (has_folder_) return {};
    return fail(ErrorKind::kNotFound,
                in_language("모음에 이 폴더의 문서가 없습니다", "the collection has no document in this folder"),
                filter_.folder, "", "",
                in_language("'hanok index list 모음'으로 봅니다", "see 'hanok index list COLLECTION'"));
  }

 private:
  bool has_type(const DocumentEntry& document, const std::string& path) {
    if (types_.empty()) return true;
    const std::string ending = fold_text(comparable(std::filesystem::path(path).extension().string()));
    bool is_any = false;
    for (size_t i = 0; i < types_.size(); ++i) {
      const bool is_it = types_[i].holds(document, ending);
      is_known_[i] = is_known_[i] || is_it;
      is_any = is_any || is_it;
    }
    return is_any;
  }

  const SearchFilter& filter_;
  std::string folder_;
  std::vector<Type> types_;
  std::vector<bool> is_known_;  // of each type
  bool has_folder_;
};

}  // namespace

std::string path_as_indexed(const Snapshot& snapshot, const std::string& path) {
  if (!is_utf8(path)) return path;
  const std::string wanted = comparable(path);
  std::string found;
  bool is_exact = false;
  const auto look_at = [&](const std::string& known) {
    is_exact = is_exact || is_at_or_below(known, path);
    if (is_exact || !found.empty()) return;
    const std::string known_part = beginning_of(known, path);
    if (is_utf8(known_part) && comparable(known_part) == wanted) found = known_part;
  };
  for (const IndexSource& source : snapshot.manifest.sources) look_at(source.path);
  for (const LiveSegment& live : snapshot.segments)
    for (uint32_t i = 0; i < live.segment->n_documents() && !is_exact; ++i)
      if (live.is_document_live[i]) look_at(document_path(snapshot.manifest, live.segment->document(i)));
  return is_exact || found.empty() ? path : found;
}

Result<std::vector<std::vector<bool>>> documents_passing(const Snapshot& snapshot, const SearchFilter& asked) {
  std::vector<std::vector<bool>> passing;
  Filter filter(asked);
  for (const LiveSegment& live : snapshot.segments) {
    passing.push_back(live.is_document_live);
    if (asked.is_empty()) continue;
    for (uint32_t i = 0; i < live.segment->n_documents(); ++i) {
      if (!live.is_document_live[i]) continue;
      const DocumentEntry document = live.segment->document(i);
      passing.back()[i] = filter.passes(document, document_path(snapshot.manifest, document));
    }
  }
  HANOK_RETURN_IF_ERROR(filter.misses());
  return passing;
}

}  // namespace hanok
