// Tokenizers against Hugging Face's tokenizers and SentencePiece: the ids and the decoded text of every sample line.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "text/stream_decoder.h"
#include "text/tokenizer.h"

namespace hanok {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kGoldens = std::filesystem::path(HANOK_SOURCE_DIR) / "goldens/text/tokenizers";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

Json read_json(const char* name) {
  return Json::parse(read_file(kGoldens / name));
}

// FNV-1a in 32 bits, as tools/goldens/tokenizer_ids.py writes it.
std::string fnv(std::string_view bytes) {
  uint32_t value = 0x811c9dc5u;
  for (const char byte : bytes) value = (value ^ static_cast<uint8_t>(byte)) * 0x01000193u;
  return fmt::format("{:08x}", value);
}

std::string hash_ids(const std::vector<int32_t>& ids) {
  std::string bytes;
  for (const int32_t id : ids) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(id >> shift);
  }
  return fnv(bytes);
}

std::string streamed(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  StreamDecoder decoder(tokenizer, {});
  std::string text;
  for (const int32_t id : ids) text += decoder.push(id);
  return text + decoder.finish();
}

// Compares every line's ids, the text they decode to (where the golden has it), and the same text in a stream.
void compare(const Tokenizer& tokenizer, const Json& golden, Tokenizer::EncodeOptions options = {}) {
  const Json lines = read_json("lines.json");
  ASSERT_EQ(golden["ids"].size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto ids = tokenizer.encode(lines[i].get<std::string>(), options);
    ASSERT_TRUE(ids) << ids.error().to_string();
    EXPECT_EQ(hash_ids(*ids), golden["ids"][i]) << "line " << i << ": " << lines[i] << "\n"
                                                << testing::PrintToString(*ids);
    const std::string text = tokenizer.decode(*ids);
    EXPECT_EQ(streamed(tokenizer, *ids), text) << "line " << i;
    if (golden.contains("texts")) {
      EXPECT_EQ(fnv(text), golden["texts"][i]) << "line " << i << ": " << lines[i] << "\n" << text;
    }
  }
}

// The cases of components.json; those without a model of their own share the first one's that had none left out.
std::vector<Json> component_cases() {
  std::vector<Json> cases;
  Json shared;
  for (Json golden : read_json("components.json")) {
    if (golden["name"].get<std::string>().starts_with("split_")) {
      if (golden["tokenizer"]["model"].is_null()) golden["tokenizer"]["model"] = shared;
      shared = golden["tokenizer"]["model"];
    }
    cases.push_back(std::move(golden));
  }
  return cases;
}

std::string case_name(const testing::TestParamInfo<Json>& param) {
  return param.param["name"].get<std::string>();
}

class TokenizerComponents : public testing::TestWithParam<Json> {};

TEST_P(TokenizerComponents, EqualTheReference) {
  const Json& golden = GetParam();
  if (golden.contains("model")) {
    const auto tokenizer = Tokenizer::from_sentencepiece(read_file(kGoldens / golden["model"].get<std::string>()));
    ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
    compare(*tokenizer, golden, {.add_special = false, .parse_special = false});
    return;
  }
  const auto tokenizer = Tokenizer::from_json(golden["tokenizer"].dump());
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  compare(*tokenizer, golden);
}

INSTANTIATE_TEST_SUITE_P(Goldens, TokenizerComponents, testing::ValuesIn(component_cases()), case_name);

// What the components that ask what kind of character they see make of every character of Unicode: those stand between
// two x in lines of 64, and each hash is that of a quarter of a plane.
class TokenizerCharacters : public testing::TestWithParam<Json> {};

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
    EXPECT_EQ(hash_ids(all), expected) << "characters from " << fmt::format("U+{:04X}", static_cast<uint32_t>(first));
    first += kQuarter;
  }
  EXPECT_EQ(first, 0x110000u);
}

INSTANTIATE_TEST_SUITE_P(Goldens, TokenizerCharacters,
                         testing::ValuesIn(read_json("characters.json").get<std::vector<Json>>()));

std::string sha256_of(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string sha256;
  for (const unsigned char byte : digest) sha256 += fmt::format("{:02x}", byte);
  return sha256;
}

// A real tokenizer's folder and the file whose checksum the golden has. EXAONE's is in the shared data, the others
// where the tester put them.
std::pair<std::filesystem::path, std::string> place_of(const Json& golden) {
  if (golden.contains("shared")) {
    const char* shared = std::getenv("HANOK_SHARED");
    return {std::filesystem::path(shared != nullptr ? shared : HANOK_SOURCE_DIR "/../shared") /
                golden["shared"].get<std::string>(),
            "merges.txt"};
  }
  const char* folder = std::getenv("HANOK_TEST_TOKENIZER_DIR");
  return {std::filesystem::path(folder != nullptr ? folder : "") / golden["name"].get<std::string>(), "tokenizer.json"};
}

class RealTokenizers : public testing::TestWithParam<Json> {};

TEST_P(RealTokenizers, EqualTheReference) {
  const Json& golden = GetParam();
  const auto [folder, file] = place_of(golden);
  if (!std::filesystem::exists(folder / file)) {
    GTEST_SKIP() << "there is no " << folder / file
                 << ": set HANOK_SHARED to the shared data, HANOK_TEST_TOKENIZER_DIR to a folder that "
                 << "tools/goldens/collect_tokenizers.py filled";
  }
  ASSERT_EQ(sha256_of(read_file(folder / file)), golden["sha256"]) << "another version of the file than the golden's";
  const auto tokenizer = Tokenizer::from_folder(folder);
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  compare(*tokenizer, golden);
}

std::vector<Json> real_cases() {
  return read_json("real.json").get<std::vector<Json>>();
}

INSTANTIATE_TEST_SUITE_P(Goldens, RealTokenizers, testing::ValuesIn(real_cases()), case_name);

// The packaged models carry the tokenizers of Qwen 2.5 and Gemma 3 in GGUF's form.
class PackagedTokenizers : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(PackagedTokenizers, EqualTheirFamilysTokenizerJson) {
  const auto [file, name] = GetParam();
  const char* folder = std::getenv("HANOK_TEST_MODEL_DIR");
  if (folder == nullptr) GTEST_SKIP() << "set HANOK_TEST_MODEL_DIR to the folder that holds " << file;
  const auto path = std::filesystem::path(folder) / file;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no " << path;
  const auto gguf = GgufFile::open(path);
  ASSERT_TRUE(gguf) << gguf.error().to_string();
  const auto tokenizer = Tokenizer::from_gguf(*gguf);
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  for (const Json& golden : real_cases()) {
    if (golden["name"] == name) compare(*tokenizer, golden);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, PackagedTokenizers,
                         testing::Values(std::pair("qwen0.5b.gguf", "qwen2_5"), std::pair("qwen1.5b.gguf", "qwen2_5"),
                                         std::pair("gemma3-270m.gguf", "gemma3")),
                         [](const auto& param) {
                           std::string name = param.param.first;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace hanok
