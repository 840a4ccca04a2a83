#include "formats/split_name.h"

#include <charconv>

#include <fmt/format.h>

namespace hanok {
namespace {

constexpr std::string_view kForm = "-ddddd-of-ddddd.gguf";  // d: a digit
constexpr size_t kPartAt = 1, kCountAt = 10, kDigits = 5;

}  // namespace

std::string SplitName::of_part(int part_idx) const {
  return fmt::format("{}-{:05}-of-{:05}.gguf", base, part_idx, n_parts);
}

std::optional<SplitName> split_name(std::string_view name) {
  if (name.size() < kForm.size()) return std::nullopt;
  const std::string_view end = name.substr(name.size() - kForm.size());
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == 'd' ? end[i] >= '0' && end[i] <= '9' : end[i] == kForm[i];
    if (!fits) return std::nullopt;
  }
  SplitName split{std::string(name.substr(0, name.size() - kForm.size()))};
  std::from_chars(end.data() + kPartAt, end.data() + kPartAt + kDigits, split.part);
  std::from_chars(end.data() + kCountAt, end.data() + kCountAt + kDigits, split.n_parts);
  return split;
}

Result<std::vector<std::filesystem::path>> split_parts(const std::filesystem::path& path) {
  const auto split = split_name(path.filename().string());
  if (!split) return std::vector{path};
  if (split->n_parts < 1 || split->n_parts > 1000)
    return fail(ErrorKind::kInvalidInput, "number of parts out of range", path.string(), "1 to 1000",
                fmt::format("{}", split->n_parts));
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i <= split->n_parts; ++i) {
    paths.push_back(path.parent_path() / split->of_part(i));
    std::error_code ignored;
    if (!std::filesystem::exists(paths.back(), ignored))
      return fail(ErrorKind::kNotFound, "part of a split file is missing", paths.back().string(),
                  fmt::format("{} parts", split->n_parts), "fewer", "fetch the missing part");
  }
  return paths;
}

}  // namespace hanok
