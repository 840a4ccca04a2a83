// Tokenizers against Hugging Face's tokenizers and SentencePiece: the ids and the decoded text of every sample line.
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "text/golden.h"
#include "text/tokenizer.h"

namespace hanok {
namespace {

using golden::Json;

const std::filesystem::path kGoldens = golden::kFolder / "tokenizers";

// The cases of components.json; those without a model of their own share the first one's that had none left out.
std::vector<Json> component_cases() {
  std::vector<Json> cases;
  Json shared;
  for (Json expected : golden::read_json("tokenizers/components.json")) {
    if (expected["name"].get<std::string>().starts_with("split_")) {
      if (expected["tokenizer"]["model"].is_null()) expected["tokenizer"]["model"] = shared;
      shared = expected["tokenizer"]["model"];
    }
    cases.push_back(std::move(expected));
  }
  return cases;
}

std::string case_name(const ::testing::TestParamInfo<Json>& param) {
  return param.param["name"].get<std::string>();
}

class TokenizerComponents : public ::testing::TestWithParam<Json> {};

TEST_P(TokenizerComponents, EqualTheReference) {
  const Json& expected = GetParam();
  if (expected.contains("model")) {
    const auto tokenizer =
        Tokenizer::from_sentencepiece(testing::read_file(kGoldens / expected["model"].get<std::string>()));
    ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
    golden::expect_ids(*tokenizer, expected, {.add_special = false, .parse_special = false});
    return;
  }
  const auto tokenizer = Tokenizer::from_json(expected["tokenizer"].dump());
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  golden::expect_ids(*tokenizer, expected);
}

INSTANTIATE_TEST_SUITE_P(Goldens, TokenizerComponents, ::testing::ValuesIn(component_cases()), case_name);

// What the components that ask what kind of character they see make of every character of Unicode: those stand between
// two x in lines of 64, and each hash is that of a quarter of a plane.
class TokenizerCharacters : public ::testing::TestWithParam<Json> {};

TEST_P(TokenizerCharacters, EqualTheReference) {
  constexpr char32_t kLine = 64, kQuarter = 0x4000;
  const auto tokenizer = Tokenizer::from_json(GetParam()["tokenizer"].dump());
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  char32_t first = 0;
  for (const Json& expected : GetParam()["hashes"]) {
    std::vector<int32_t> all;
    for (char32_t at = first; at < first + kQuarter; at += kLine) {
      std::string line;
      for (char32_t c = at; c < at + kLine; ++c) {
        if (c >= 0xd800 && c < 0xe000) continue;
        line += 'x';
        append_utf8(line, c);
      }
      const auto ids = tokenizer->encode(line += 'x');
      ASSERT_TRUE(ids) << ids.error().to_string();
      all.insert(all.end(), ids->begin(), ids->end());
    }
    EXPECT_EQ(golden::hash_ids(all), expected)
        << "characters from " << fmt::format("U+{:04X}", static_cast<uint32_t>(first));
    first += kQuarter;
  }
  EXPECT_EQ(first, 0x110000u);
}

INSTANTIATE_TEST_SUITE_P(Goldens, TokenizerCharacters,
                         ::testing::ValuesIn(golden::read_json("tokenizers/characters.json").get<std::vector<Json>>()));

// EXAONE 4.0's vocabulary, out of the shared data.
TEST(RealTokenizers, Exaone4EqualsTheReference) {
  const Json goldens = golden::read_json("tokenizers/real.json");
  const Json& expected = golden::find(goldens, "name", "exaone4");
  const auto folder = golden::shared_data() / expected["shared"].get<std::string>();
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "there is no " << folder << ": HANOK_SHARED names the shared data";
  ASSERT_EQ(golden::sha256_of(testing::read_file(folder / "merges.txt")), expected["sha256"]);
  const auto tokenizer = Tokenizer::from_folder(folder);
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  golden::expect_ids(*tokenizer, expected);
}

}  // namespace
}  // namespace hanok
