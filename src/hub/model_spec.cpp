// Parses and checks model names.
#include "hub/model_spec.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter_or_digit(c) || also.find(c) != std::string_view::npos; });
}

bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool parse_int(std::string_view text, int& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string replace_all(std::string text, std::string_view from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// The name with '_' for whatever a folder of the store may not carry.
std::string plain_name(std::string name) {
  for (char& c : name) {
    if (!is_letter_or_digit(c) && std::string_view(".-_+@").find(c) == std::string_view::npos) c = '_';
  }
  return name.substr(0, 190);  // room for a file ending
}

// Reads "{first..last}" out of the package name and leaves "{n}" in its place.
bool take_range(PypiSource& source) {
  const size_t open = source.package.find('{');
  if (open == std::string::npos) return true;
  const size_t dots = source.package.find("..", open);
  const size_t close = source.package.find('}', open);
  if (dots == std::string::npos || close == std::string::npos || dots > close) return false;
  const std::string_view name = source.package;
  if (!parse_int(name.substr(open + 1, dots - open - 1), source.first)) return false;
  if (!parse_int(name.substr(dots + 2, close - dots - 2), source.last)) return false;
  if (source.first < 0 || source.last < source.first || source.last > kMaxPackageParts) return false;
  source.package.replace(open, close - open + 1, "{n}");
  return true;
}

}  // namespace

bool is_store_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && name[0] != '.' && name[0] != '-' && all_of(name, ".-_+@");
}

bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > 400 || path[0] == '/') return false;
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == 0x7f || c == ':') return false;
  }
  size_t begin = 0;
  while (begin <= path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

bool is_hf_id(std::string_view id) {
  const size_t slash = id.find('/');
  if (slash == std::string_view::npos) return false;
  return is_store_name(id.substr(0, slash)) && is_store_name(id.substr(slash + 1)) &&
         id.find('@') == std::string_view::npos;
}

bool is_hf_revision(std::string_view revision) {
  return is_plain_path(revision) && all_of(revision, ".-_/+") && revision[0] != '-';
}

bool is_package_pattern(std::string_view package) {
  const std::string filled = fill_part(package, 1);
  return is_store_name(filled) && all_of(filled, ".-_") && is_letter_or_digit(filled[0]);
}

bool is_package_version(std::string_view version) {
  return !version.empty() && version.size() <= 64 && all_of(version, ".!+-_") && is_letter_or_digit(version[0]);
}

std::string fill_part(std::string_view pattern, int n) {
  std::string text(pattern);
  text = replace_all(std::move(text), "{n}", fmt::format("{}", n));
  text = replace_all(std::move(text), "{nn}", fmt::format("{:02}", n));
  text = replace_all(std::move(text), "{n-1}", fmt::format("{}", n - 1));
  return replace_all(std::move(text), "{nn-1}", fmt::format("{:02}", n - 1));
}

Result<HfSource> parse_hf_spec(std::string_view spec) {
  HfSource source;
  std::string_view rest = has_prefix(spec, "hf:") ? spec.substr(3) : spec;
  const auto wrong = [&](const char* part) {
    return fail(ErrorKind::kInvalidInput,
                fmt::format(fmt::runtime(in_language("허깅페이스 모델이 아닙니다: 틀린 곳 {}",
                                                     "not a Hugging Face model: wrong {}")),
                            part),
                std::string(spec), "hf:owner/name[@revision][:file]");
  };
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    source.file = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_plain_path(source.file)) return wrong("file");
  }
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    source.revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_hf_revision(source.revision)) return wrong("revision");
  }
  source.id = rest;
  if (!is_hf_id(source.id)) return wrong("owner or name");
  return source;
}

Result<PypiSource> parse_pypi_spec(std::string_view spec) {
  PypiSource source;
  std::string_view rest = has_prefix(spec, "pypi:") ? spec.substr(5) : spec;
  const auto wrong = [&](const char* part) {
    return fail(
        ErrorKind::kInvalidInput,
        fmt::format(fmt::runtime(in_language("패키지가 아닙니다: 틀린 곳 {}", "not a package: wrong {}")), part),
        std::string(spec), "pypi:name-part{1..22}==version[:member]");
  };
  const size_t equals = rest.find("==");
  if (equals == std::string_view::npos) return wrong("version (a version is needed)");
  source.package = rest.substr(0, equals);
  rest = rest.substr(equals + 2);
  if (const size_t colon = rest.find(':'); colon != std::string_view::npos) {
    source.member = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_plain_path(source.member)) return wrong("member");
  }
  source.version = rest;
  if (!is_package_version(source.version)) return wrong("version");
  if (!take_range(source)) return wrong("range of parts");
  if (!is_package_pattern(source.package)) return wrong("name");
  return source;
}

std::string to_spec(const HfSource& source) {
  std::string spec = "hf:" + source.id;
  if (source.revision != "main") spec += "@" + source.revision;
  if (!source.file.empty()) spec += ":" + source.file;
  return spec;
}

std::string to_spec(const PypiSource& source) {
  const std::string range = fmt::format("{{{}..{}}}", source.first, source.last);
  std::string spec = "pypi:" + replace_all(source.package, "{n}", range) + "==" + source.version;
  if (!source.member.empty()) spec += ":" + source.member;
  return spec;
}

std::string store_name_of(const HfSource& source) {
  std::string name = source.id;
  if (source.revision != "main") name += "@" + source.revision;
  if (!source.file.empty()) name += "@" + source.file;
  return plain_name(std::move(name));
}

std::string store_name_of(const PypiSource& source) {
  std::string name = replace_all(source.package, "{n}", fmt::format("{}_{}", source.first, source.last));
  return plain_name(name + "@" + source.version);
}

}  // namespace hanok
