// A megabyte of one thing takes time in proportion: what is quadratic in the length of a line would not end in the time
// a test may take. Patterns that were made to be costly end with an error.
#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scratch.h"
#include "text/gguf_pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_parts.h"
#include "text/unicode.h"

namespace hanok {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kGoldens = std::filesystem::path(HANOK_SOURCE_DIR) / "goldens/text/tokenizers";

constexpr size_t kBytes = 1 << 20;

std::string repeated(std::string_view unit) {
  std::string text;
  while (text.size() < kBytes) text += unit;
  return text;
}

std::vector<std::pair<std::string, std::string>> long_texts() {
  return {{"letter", repeated("a")},
          {"spaces", repeated(" ")},
          {"hangul", repeated("도서관은평일오전에문을연다")},
          {"jamo", repeated("ᄒᆞᆫ")},
          {"emoji", repeated("👩\u200d👩\u200d👧")},
          {"newlines", repeated("\n")},
          {"replacements", repeated("\uFFFD")},
          {"digits", repeated("7")},
          {"marks", "e" + repeated("\u0301")},
          {"mixed", repeated("a 1\t한\n")}};
}

Result<Tokenizer> open(const std::string& name) {
  if (std::filesystem::exists(kGoldens / name))
    return Tokenizer::from_sentencepiece(testing::read_file(kGoldens / name));
  for (const Json& golden : Json::parse(testing::read_file(kGoldens / "components.json"))) {
    if (golden["name"] == name) return Tokenizer::from_json(golden["tokenizer"].dump());
  }
  return fail(ErrorKind::kNotFound, "no golden of this name", name);
}

class LongTexts : public ::testing::TestWithParam<const char*> {};

TEST_P(LongTexts, AreEncoded) {
  const auto tokenizer = open(GetParam());
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  for (const auto& [name, text] : long_texts()) {
    const auto ids = tokenizer->encode(text, {.add_special = false});
    ASSERT_TRUE(ids) << name << ": " << ids.error().to_string();
    EXPECT_EQ(*ids, tokenizer->encode(text, {.add_special = false}).value()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LongTexts,
                         ::testing::Values("byte_level_split", "prepend_replace_byte_fallback", "metaspace_first",
                                           "unigram_precompiled", "bert_uncased", "word_level", "bpe_suffix",
                                           "bpe.model", "unigram.model"));

TEST(LongText, ComesBackFromByteLevelTokens) {
  const auto tokenizer =
      Tokenizer::from_json(testing::read_file(HANOK_SOURCE_DIR "/fuzz/seeds/tokenizer_fuzz/byte_level.json"));
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  for (const auto& [name, text] : long_texts()) {
    const auto ids = tokenizer->encode(text, {.add_special = false});
    ASSERT_TRUE(ids) << name << ": " << ids.error().to_string();
    EXPECT_EQ(tokenizer->decode(*ids), normalize(text, Normalization::kNfc)) << name;
  }
}

class LongTextPatterns : public ::testing::TestWithParam<const char*> {};

TEST_P(LongTextPatterns, LoseNothing) {
  TokenizerParts parts;
  ASSERT_TRUE(add_gguf_pre_tokenizer(GetParam(), parts));
  for (const auto& [name, text] : long_texts()) {
    PieceList list;
    list.pieces = {text};
    const Status status = parts.pre_tokenizer.apply(list);
    ASSERT_TRUE(status) << name << ": " << status.error().to_string();
    size_t at = 0;
    for (const std::string_view piece : list.pieces) {
      ASSERT_EQ(piece.data(), text.data() + at) << name;
      at += piece.size();
    }
    EXPECT_EQ(at, text.size()) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Names, LongTextPatterns,
                         ::testing::Values("gpt-2", "exaone", "exaone-moe", "qwen2", "llama-bpe", "gpt-4o", "hcx"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// A tokenizer of one normalizer, pre-tokenizer and decoder, written as JSON.
Result<Tokenizer> with(const std::string& normalizer, const std::string& pre_tokenizer,
                       const std::string& decoder = "null") {
  return Tokenizer::from_json(R"({"model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}, )"
                              R"("normalizer": )" +
                              normalizer + R"(, "pre_tokenizer": )" + pre_tokenizer + R"(, "decoder": )" + decoder +
                              "}");
}

std::string split_by(const std::string& pattern) {
  return Json{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}}.dump();
}

std::string many(const char* member, const std::string& one) {
  std::string all = one;
  for (int i = 0; i < 40; ++i) all += "," + one;
  return std::string(R"({"type": "Sequence", ")") + member + "\": [" + all + "]}";
}

TEST(HostileTokenizers, CostlyPatternsEndWithAnError) {
  const std::string letters = std::string(1 << 15, 'a') + "!";
  size_t n_refused = 0;
  for (const char* pattern :
       {"(a+)+$", "(a|a)+$", "(a|aa)+$", "(?:a|b)*[xy]", "(?=(a+))a*b\\1", "(?:(?:a|b)*?c|d)*e"}) {
    const auto tokenizer = with("null", split_by(pattern));
    if (!tokenizer) continue;
    const auto ids = tokenizer->encode(letters);
    if (ids) continue;  // the engine saw through it
    ++n_refused;
    EXPECT_EQ(ids.error().kind, ErrorKind::kLimit) << pattern;
    EXPECT_NE(ids.error().to_string().find(pattern), std::string::npos) << ids.error().to_string();
  }
  EXPECT_GE(n_refused, 3u);
}

TEST(HostileTokenizers, TextsThatWouldGrowWithoutEndAreErrors) {
  const std::string twice = R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
  const auto normalizer = with(many("normalizers", twice), "null");
  ASSERT_TRUE(normalizer);
  const auto ids = normalizer->encode("a");
  ASSERT_FALSE(ids);
  EXPECT_EQ(ids.error().kind, ErrorKind::kLimit);

  const std::string bytes = R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": false})";
  const auto pre_tokenizer = with("null", many("pretokenizers", bytes));
  ASSERT_TRUE(pre_tokenizer);
  const auto more = pre_tokenizer->encode("한");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::kLimit);

  const auto decoder = with("null", "null", many("decoders", twice));
  ASSERT_FALSE(decoder);
  EXPECT_EQ(decoder.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace hanok
