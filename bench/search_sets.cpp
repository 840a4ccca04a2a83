#include "search_sets.h"

#include <fstream>
#include <map>
#include <random>

#include <nlohmann/json.hpp>

#include "base/hash.h"

namespace hanok {
namespace {

using Json = nlohmann::json;

Result<Json> read_json(const std::filesystem::path& path) {
  std::ifstream in(path);
  Json json = Json::parse(in, nullptr, false);
  if (json.is_discarded()) return fail(ErrorKind::kNotFound, "no JSON file", path.string());
  return json;
}

}  // namespace

Result<LabelledSet> read_korquad(const std::filesystem::path& path) {
  HANOK_TRY(const Json json, read_json(path));
  LabelledSet set{"KorQuAD 1.0 dev", {}, {}};
  std::map<std::string, size_t> known;
  for (const Json& article : json["data"]) {
    for (const Json& paragraph : article["paragraphs"]) {
      const std::string text = paragraph["context"];
      const auto [found, is_new] = known.try_emplace(text, set.documents.size());
      if (is_new) set.documents.push_back({"passage.txt", article["title"], text});
      for (const Json& qa : paragraph["qas"]) set.questions.push_back({qa["question"], found->second});
    }
  }
  return set;
}

Result<LabelledSet> read_ko_bench(const std::filesystem::path& path) {
  HANOK_TRY(const Json json, read_json(path));
  LabelledSet set{"ko-bench", {}, {}};
  std::map<std::string, size_t> by_title;
  for (const Json& note : json["notes"]) {
    by_title[note["title"]] = set.documents.size();
    set.documents.push_back({"note.md", note["title"], note["text"]});
  }
  for (const Json& query : json["queries"]) set.questions.push_back({query["q"], by_title.at(query["expect"])});
  return set;
}

std::string without_spaces(const std::string& text, double probability) {
  if (probability <= 0) return text;
  std::minstd_rand random(static_cast<uint32_t>(fnv1a(text)));
  std::string out;
  bool keeps = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ' ') {
      out += text[i];
      continue;
    }
    if (i == 0 || text[i - 1] != ' ')
      keeps = probability < 1 && static_cast<double>(random() % 1'000'000) >= probability * 1e6;
    if (keeps) out += ' ';
  }
  return out;
}

}  // namespace hanok
