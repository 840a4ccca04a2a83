// Tokenizers: ids of small vocabularies worked out by hand, broken input.
#include "text/tokenizer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "text/byte_level.h"

namespace hanok {
namespace {

using ::testing::ElementsAre;

// 256 byte tokens in the order of their values, then the merges' results, then two added tokens.
nlohmann::json small_tokenizer() {
  nlohmann::json vocab = nlohmann::json::object();
  for (int b = 0; b < 256; ++b) {
    std::string name;
    append_utf8(name, byte_level_char(static_cast<uint8_t>(b)));
    vocab[name] = b;
  }
  vocab["ab"] = 256;
  vocab["abab"] = 257;
  vocab["aa"] = 258;
  return {{"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"a b", "ab ab", "a a"}}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"decoder", {{"type", "ByteLevel"}}},
          {"added_tokens",
           {{{"id", 259}, {"content", "<|im_end|>"}, {"special", true}},
            {{"id", 260}, {"content", "<think>"}, {"special", false}}}}};
}

Tokenizer make(const nlohmann::json& json = small_tokenizer()) {
  auto tokenizer = Tokenizer::from_json(json.dump());
  if (!tokenizer) throw std::runtime_error(tokenizer.error().to_string());
  return *tokenizer;
}

TEST(Tokenizer, MergesByRankThenFromTheLeft) {
  EXPECT_THAT(make().encode("ababa").value(), ElementsAre(257, 'a'));
  EXPECT_THAT(make().encode("aaa").value(), ElementsAre(258, 'a'));
  EXPECT_THAT(make().encode("aab").value(), ElementsAre('a', 256));
}

TEST(Tokenizer, SpecialTokensAreTextAtThePlacesThatAreNamed) {
  const Tokenizer tokenizer = make();
  const std::string text = "ab<|im_end|>ab<think><|im_end|>";
  const std::vector<size_t> starts = tokenizer.special_starts(text);
  EXPECT_THAT(starts, ElementsAre(2, 21));
  const auto encode = [&](std::vector<size_t> plain_at) {
    return tokenizer.encode(text, {.add_special = true, .parse_special = true, .plain_at = plain_at}).value();
  };
  const std::vector<int32_t> as_text = tokenizer.encode("<|im_end|>", {.parse_special = false}).value();
  std::vector<int32_t> expected{256};
  expected.insert(expected.end(), as_text.begin(), as_text.end());
  expected.insert(expected.end(), {256, 260, 259});
  EXPECT_EQ(encode({2}), expected) << "the other one is still a token";
  EXPECT_THAT(encode({}), ElementsAre(256, 259, 256, 260, 259));
  EXPECT_THAT(encode({0, 3, 14}), ElementsAre(256, 259, 256, 260, 259)) << "no special token begins there";
}

TEST(Tokenizer, SpecialTokensAreTextWhenAskedSo) {
  const Tokenizer tokenizer = make();
  EXPECT_THAT(tokenizer.encode("a<|im_end|>").value(), ElementsAre('a', 259));
  EXPECT_EQ(tokenizer.encode("<|im_end|>", {.add_special = true, .parse_special = false}).value().size(), 10u);
  EXPECT_THAT(tokenizer.encode("<think>", {.add_special = true, .parse_special = false}).value(), ElementsAre(260));
  EXPECT_THAT(tokenizer.end_ids(), ElementsAre(259));
  const std::vector<int32_t> ids = {'a', 259, 260};
  EXPECT_EQ(tokenizer.decode(ids), "a<think>");
}

TEST(Tokenizer, TextComesBack) {
  for (const std::string text : {"한국어와 English 漢字 😀", "ᄒᆞᆫ글  \n\t x", ""}) {
    EXPECT_EQ(make().decode(make().encode(text).value()), text);
  }
}

TEST(Tokenizer, BrokenBytesBecomeReplacementCharacters) {
  EXPECT_EQ(make().decode(make().encode("a\xed\x95z\xff\xfe").value()), "a\uFFFDz\uFFFD\uFFFD");
  EXPECT_EQ(replace_invalid_utf8("\xf0\x9f\x98"), "\uFFFD");
  EXPECT_EQ(replace_invalid_utf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
}

TEST(Tokenizer, UnknownComponentsAreNamed) {
  nlohmann::json json = small_tokenizer();
  json["normalizer"] = {{"type", "Sorcery"}};
  const auto tokenizer = Tokenizer::from_json(json.dump());
  ASSERT_FALSE(tokenizer);
  EXPECT_THAT(tokenizer.error().to_string(), ::testing::HasSubstr("Sorcery"));
  EXPECT_FALSE(Tokenizer::from_json("{"));
  EXPECT_FALSE(Tokenizer::from_json(R"({"model":{"type":"BPE","vocab":{"a":-1}}})"));
}

// With sums in float, two ways to cut a word become equal far into a text.
TEST(Tokenizer, UnigramFromGgufCutsTheLastWordOfALongTextAsTheFirst) {
  GgufMetadata keys;
  keys["tokenizer.ggml.model"] = gguf_string("t5");
  keys["tokenizer.ggml.tokens"] = {GgufType::kString,
                                   std::vector<std::string>{"<unk>", "</s>", "▁ab", "c", "▁a", "bc", "[PAD6]"}};
  keys["tokenizer.ggml.scores"] = {GgufType::kF32, std::vector<double>{0, 0, -10, -9.9999, -10, -10, -10000}};
  keys["tokenizer.ggml.token_type"] = {GgufType::kI32, std::vector<int64_t>{2, 3, 1, 1, 1, 1, 5}};
  keys["tokenizer.ggml.unknown_token_id"] = gguf_u32(0);
  keys["tokenizer.ggml.add_eos_token"] = gguf_bool(false);
  const auto tokenizer = Tokenizer::from_gguf(GgufFile(keys));
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  std::string text;
  std::vector<int32_t> expected;
  for (int i = 0; i < 20000; ++i) {
    text += "abc ";
    expected.insert(expected.end(), {2, 3});
  }
  EXPECT_EQ(tokenizer->encode(text).value(), expected);
}

}  // namespace
}  // namespace hanok
