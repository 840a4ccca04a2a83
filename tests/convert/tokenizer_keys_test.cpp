// A folder's tokenizer as GGUF keys gives the same ids, or the folder is refused with a reason.
#include "convert/tokenizer_keys.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "scratch.h"
#include "text/tokenizer.h"
#include "text/unicode.h"
#include "tiny_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const fs::path kGoldens = fs::path(HANOK_SOURCE_DIR) / "goldens/text/tokenizers";

Json read_json(const char* name) {
  return Json::parse(testing::read_file(kGoldens / name));
}

class TokenizerKeys : public ::testing::Test {
 protected:
  TokenizerKeys() : folder_("tokenizer_keys") {}

  void write_tokenizer(const Json& json) { tiny::write(folder_.path() / "tokenizer.json", json.dump()); }
  void change_tokenizer(const std::function<void(Json&)>& change) {
    Json json = Json::parse(testing::read_file(folder_.path() / "tokenizer.json"));
    change(json);
    write_tokenizer(json);
  }

  // The keys for a model of `vocab` tokens.
  Result<GgufPlan> plan(int64_t vocab = 4096) const {
    HANOK_TRY(const Checkpoint checkpoint, Checkpoint::open(folder_.path()));
    GgufPlan plan;
    PlannedTensor embedding;
    embedding.name = "token_embd.weight";
    embedding.source.shape = shape_of({vocab, 32});
    plan.tensors.push_back(embedding);
    HANOK_RETURN_IF_ERROR(add_tokenizer_keys(checkpoint, plan));
    return plan;
  }
  std::string error(int64_t vocab = 4096) const {
    const auto result = plan(vocab);
    return result ? "" : result.error().to_string();
  }

  // Fails unless both tokenizers give the same ids on every line of the goldens.
  void expect_same(const GgufPlan& got, bool only_nfc = false) const {
    const auto original = Tokenizer::from_folder(folder_.path());
    const auto written = Tokenizer::from_gguf(GgufFile(got.metadata));
    ASSERT_TRUE(original && written);
    for (const Json& line : read_json("lines.json")) {
      auto text = replace_invalid_utf8(line.get<std::string>());
      if (only_nfc) text = normalize(text, Normalization::kNfc);
      const auto expected = original->encode(text), ids = written->encode(text);
      ASSERT_TRUE(expected && ids) << text;
      EXPECT_EQ(*ids, *expected) << text;
      EXPECT_EQ(written->decode(*ids), original->decode(*expected)) << text;
    }
  }

  tiny::Folder folder_;
};

TEST_F(TokenizerKeys, TellEverythingAboutTheTinyTokenizer) {
  const auto got = plan(tiny::kVocab);
  ASSERT_TRUE(got) << got.error().to_string();
  const GgufFile file(got->metadata);
  EXPECT_EQ(file.get_string("tokenizer.ggml.model").value(), "gpt2");
  EXPECT_EQ(file.get_string("tokenizer.ggml.pre").value(), "gpt-2");
  EXPECT_EQ(file.get_strings("tokenizer.ggml.merges").value(), std::vector<std::string>{"a b"});
  EXPECT_EQ(file.get_int("tokenizer.ggml.eos_token_id").value(), tiny::kEos);
  EXPECT_FALSE(file.get_bool("tokenizer.ggml.add_bos_token").value());
  EXPECT_EQ(file.get_string("tokenizer.chat_template").value(), tiny::kTemplate);
  const auto tokens = file.get_strings("tokenizer.ggml.tokens").value();
  const auto types = file.get_ints("tokenizer.ggml.token_type").value();
  ASSERT_EQ(tokens.size(), static_cast<size_t>(tiny::kVocab));
  ASSERT_EQ(types.size(), tokens.size());
  EXPECT_EQ(tokens[tiny::kAb], "ab");
  EXPECT_EQ(types[tiny::kAb], 1);
  EXPECT_EQ(types[tiny::kBos], 3);
  EXPECT_EQ(tokens.back(), "[PAD263]");
  EXPECT_EQ(types.back(), 5);
  expect_same(*got);
}

TEST_F(TokenizerKeys, NameEveryPreTokenizerOfTheKoreanFamilies) {
  const std::string r3 =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  std::string r4 = r3;
  r4.replace(r4.find("|\\p{N}|") + 1, 5, "\\p{N}{1,3}");
  const auto split = [](const std::string& pattern) {
    return Json{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
  };
  const auto byte_level = [](bool use_regex) {
    return Json{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", use_regex}};
  };
  const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
  const Json nfc = {{"type", "NFC"}};
  struct Case {
    std::string name;
    Json steps, normalizer;
    bool ignore_merges;
  };
  const Case cases[] = {{"qwen2", {split(r3), byte_level(false)}, nfc, false},
                        {"solar-open", {split(r3), byte_level(false)}, nullptr, false},
                        {"llama-bpe", {split(r4), byte_level(false)}, nullptr, true},
                        {"exaone", {digits, byte_level(true)}, nullptr, false},
                        {"gpt-2", {byte_level(true)}, nullptr, false}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    change_tokenizer([&](Json& json) {
      json["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", each.steps}};
      json["normalizer"] = each.normalizer;
      json["model"]["ignore_merges"] = each.ignore_merges;
    });
    const auto got = plan();
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(GgufFile(got->metadata).get_string("tokenizer.ggml.pre").value(), each.name);
    EXPECT_TRUE(got->notes.empty());
    expect_same(*got);
  }
}

TEST_F(TokenizerKeys, TellTheTokensAroundATextAndEveryEnd) {
  change_tokenizer([](Json& json) {
    json["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
        {"pair", Json::array()},
        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {tiny::kBos}}, {"tokens", {"<s>"}}}}}}};
  });
  tiny::write(folder_.path() / "tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>"})");
  tiny::write(folder_.path() / "generation_config.json", R"({"eos_token_id": [258, 7, 8, 9]})");
  const auto got = plan();
  ASSERT_TRUE(got) << got.error().to_string();
  const GgufFile file(got->metadata);
  EXPECT_TRUE(file.get_bool("tokenizer.ggml.add_bos_token").value());
  EXPECT_FALSE(file.get_bool("tokenizer.ggml.add_eos_token").value());
  EXPECT_EQ(file.get_int("tokenizer.ggml.bos_token_id").value(), tiny::kBos);
  EXPECT_EQ(file.get_int("tokenizer.ggml.eos_token_id").value(), 258);
  EXPECT_EQ(file.get_int("tokenizer.ggml.eot_token_id").value(), 7);
  EXPECT_EQ(file.get_int("tokenizer.ggml.eom_token_id").value(), 8);
  ASSERT_EQ(got->notes.size(), 1U);  // there is no key for a fourth
  expect_same(*got);

  tiny::write(folder_.path() / "tokenizer_config.json", R"({"bos_token": "</s>"})");
  EXPECT_THAT(error(), AllOf(HasSubstr("GGUF cannot express"), HasSubstr("begin token")));
}

TEST_F(TokenizerKeys, ComeFromVocabAndMergesAsWell) {
  const Json json = Json::parse(testing::read_file(folder_.path() / "tokenizer.json"));
  Json vocab = json["model"]["vocab"];
  vocab["<s>"] = tiny::kBos;
  vocab["</s>"] = tiny::kEos;
  fs::remove(folder_.path() / "tokenizer.json");
  tiny::write(folder_.path() / "vocab.json", vocab.dump());
  tiny::write(folder_.path() / "merges.txt", "#version: 0.2\na b\n");
  tiny::write(folder_.path() / "tokenizer_config.json",
              R"({"tokenizer_class": "Qwen2Tokenizer", "bos_token": "<s>", "eos_token": "</s>"})");
  const auto got = plan();
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(GgufFile(got->metadata).get_string("tokenizer.ggml.pre").value(), "qwen2");
  expect_same(*got);
}

TEST_F(TokenizerKeys, RefuseWhatGgufHasNoWordsFor) {
  const Json original = Json::parse(testing::read_file(folder_.path() / "tokenizer.json"));
  const auto error_of = [&](const std::function<void(Json&)>& change) {
    write_tokenizer(original);
    change_tokenizer(change);
    return error();
  };
  EXPECT_THAT(error_of([](Json& j) {
                j["normalizer"] = {{"type", "Lowercase"}};
              }),
              AllOf(HasSubstr("GGUF cannot express"), HasSubstr("Lowercase"), HasSubstr("tokenizer_keys")));
  EXPECT_THAT(error_of([](Json& j) { j["pre_tokenizer"]["add_prefix_space"] = true; }),
              AllOf(HasSubstr("GGUF cannot express"), HasSubstr("prefix space")));
  EXPECT_THAT(error_of([](Json& j) {
                j["pre_tokenizer"] = {{"type", "Whitespace"}};
              }),
              AllOf(HasSubstr("GGUF cannot express"), HasSubstr("Whitespace")));
  EXPECT_THAT(error_of([](Json& j) { j["added_tokens"][0]["lstrip"] = true; }),
              AllOf(HasSubstr("GGUF cannot express"), HasSubstr("lstrip")));
  // A token that its merges do not reach is met only where merges are ignored, which this pre-tokenizer's name denies.
  EXPECT_THAT(error_of([](Json& j) {
                j["model"]["vocab"]["bc"] = 259;
                j["model"]["ignore_merges"] = true;
              }),
              AllOf(HasSubstr("GGUF cannot express"), HasSubstr("\"bc\"")));
}

TEST_F(TokenizerKeys, RefuseMoreTokensThanTheModelHas) {
  EXPECT_THAT(error(200), AllOf(HasSubstr("tokenizer and model disagree"), HasSubstr("200"), HasSubstr("259")));
}

TEST_F(TokenizerKeys, TellWhatANameLeavesOut) {
  change_tokenizer([](Json& json) { json["normalizer"] = {{"type", "NFC"}}; });
  const auto got = plan();
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(GgufFile(got->metadata).get_string("tokenizer.ggml.pre").value(), "gpt-2");
  EXPECT_THAT(got->notes, ::testing::ElementsAre(HasSubstr("NFC")));
  expect_same(*got, true);
}

// A SentencePiece model (fields of one-byte tags and a length each) without its normalizer_spec, field 3.
std::string without_normalizer(const std::string& model) {
  std::string kept;
  for (size_t at = 0; at < model.size();) {
    size_t n_bytes = 0, end = at + 1;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(model[end++]);
      n_bytes |= static_cast<size_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (model[at] != '\x1a') kept += model.substr(at, end + n_bytes - at);
    at = end + n_bytes;
  }
  return kept;
}

// SentencePiece finds user-defined pieces behind the space that begins a text, GGUF before it is added; and GGUF has no
// normalizer. Without those differences the model can be expressed.
TEST_F(TokenizerKeys, ComeFromSentencePieceAsWell) {
  fs::remove(folder_.path() / "tokenizer.json");
  tiny::write(folder_.path() / "tokenizer_config.json", "{}");
  std::string bytes = testing::read_file(kGoldens / "bpe.model");
  tiny::write(folder_.path() / "tokenizer.model", bytes);
  EXPECT_THAT(error(), AllOf(HasSubstr("GGUF cannot express"), HasSubstr("한옥")));
  for (const char* piece : {"한옥", "<|tool|>", "다."}) {
    const size_t type = bytes.find("\x18\x04", bytes.find(piece));
    ASSERT_NE(type, bytes.npos);
    bytes[type + 1] = '\x01';
  }
  bytes = without_normalizer(bytes) + std::string("\x1a\x02\x20\x00", 4);  // { remove_extra_whitespaces: false }
  tiny::write(folder_.path() / "tokenizer.model", bytes);
  const auto got = plan();
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(GgufFile(got->metadata).get_string("tokenizer.ggml.model").value(), "llama");
  expect_same(*got);
}

// Llama 2's form, from a tokenizer.json: the ranks of the merges stand for the scores.
TEST_F(TokenizerKeys, ComeFromByteFallbackAsWell) {
  tiny::write(folder_.path() / "tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>"})");
  for (Json golden : read_json("components.json")) {
    if (golden["name"] != "prepend_replace_byte_fallback") continue;
    Json special = Json::array();
    for (const Json& token : golden["tokenizer"]["added_tokens"])
      if (token["special"]) special.push_back(token);
    golden["tokenizer"]["added_tokens"] = special;
    write_tokenizer(golden["tokenizer"]);
  }
  const auto got = plan();
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(GgufFile(got->metadata).get_string("tokenizer.ggml.model").value(), "llama");
  EXPECT_TRUE(GgufFile(got->metadata).get_bool("tokenizer.ggml.add_space_prefix").value());
  expect_same(*got);
}

// Every kind of tokenizer the goldens know: expressed with the same ids, or refused.
TEST_F(TokenizerKeys, ExpressEveryKindOrRefuseIt) {
  std::vector<std::string> expressed;
  for (const Json& golden : read_json("components.json")) {
    const auto name = golden["name"].get<std::string>();
    SCOPED_TRACE(name);
    fs::remove(folder_.path() / "tokenizer.json");
    fs::remove(folder_.path() / "tokenizer.model");
    tiny::write(folder_.path() / "tokenizer_config.json", "{}");
    if (golden.contains("model"))
      fs::copy_file(kGoldens / golden["model"].get<std::string>(), folder_.path() / "tokenizer.model");
    else if (golden["tokenizer"]["model"].is_null())
      continue;  // shares the model of another case
    else
      write_tokenizer(golden["tokenizer"]);
    const auto got = plan();
    if (!got) {
      EXPECT_THAT(got.error().to_string(), HasSubstr("GGUF cannot express"));
      continue;
    }
    expect_same(*got, !got->notes.empty());
    expressed.push_back(name);
  }
  EXPECT_THAT(expressed, ::testing::UnorderedElementsAre("byte_level_split", "replace_merged_with_previous"));
}

}  // namespace
}  // namespace hanok
