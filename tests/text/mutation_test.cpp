// Mutated tokenizer and template files, thousands of each: refused with an error that says what and where, or usable.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/utf8.h"
#include "scratch.h"
#include "text/chat_template.h"
#include "text/stream_decoder.h"
#include "text/tokenizer.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;

// The files of a folder of the source tree that end so, in order.
std::vector<std::pair<std::string, std::string>> seeds(const char* folder, const char* extension) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& entry : fs::directory_iterator(fs::path(HANOK_SOURCE_DIR) / folder)) {
    if (entry.path().extension() == extension)
      found.emplace_back(entry.path().stem().string(), testing::read_file(entry.path()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Always the same mutations of the same seed.
class Mutator {
 public:
  explicit Mutator(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}

  std::string operator()(std::string text, const std::vector<std::string>& words) {
    for (size_t n = 1 + below(3); n > 0; --n) mutate(text, words);
    return text;
  }

 private:
  size_t below(size_t most) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>(state_ >> 33) % std::max<size_t>(1, most);
  }

  void mutate(std::string& text, const std::vector<std::string>& words) {
    const size_t at = below(text.size() + 1), n = std::min(1 + below(below(4) == 0 ? 200 : 6), text.size() - at);
    switch (below(7)) {
      case 0:
        text.erase(at, n);
        break;
      case 1:
        text.insert(at, text.substr(below(text.size() + 1), n));
        break;
      case 2:
        text.insert(at, words[below(words.size())]);
        break;
      case 3:
        text.replace(at, n, words[below(words.size())]);
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 5:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      default:
        text.resize(at);
        break;
    }
  }

  uint64_t state_;
};

void expect_clear(const Error& error, const std::string& file) {
  EXPECT_FALSE(error.what.empty()) << file;
  EXPECT_FALSE(error.where.empty()) << file << ": " << error.to_string();
  EXPECT_EQ(replace_invalid_utf8(error.to_string()), error.to_string()) << file;
  EXPECT_EQ(error.to_string().find_first_of("\x1b\x07\r"), std::string::npos) << file;
}

// Ids lie in the vocabulary; the same text comes back in one go and in a stream.
void expect_usable(const Tokenizer& tokenizer, const std::string& file) {
  const std::string text = "ab 한국어  ᄒᆞᆫ e\u0301 漢 👩\u200d👧 12,345\t\n\n<s>▁ <|end|>한옥 a\xff\xed\x95 ";
  const auto ids = tokenizer.encode(text);
  if (!ids) {
    expect_clear(ids.error(), file);
    return;
  }
  StreamDecoder decoder(tokenizer, {});
  std::string streamed;
  for (const int32_t id : *ids) {
    ASSERT_TRUE(id >= 0 && id < tokenizer.vocab_size()) << file << ": id " << id;
    streamed += decoder.push(id);
  }
  EXPECT_EQ(streamed + decoder.finish(), tokenizer.decode(*ids)) << file;
}

using Open = std::function<Result<Tokenizer>(const std::string&)>;

// Returns how many of the mutations were accepted.
size_t try_mutations(const std::string& name, const std::string& seed, size_t n_mutations,
                     const std::vector<std::string>& words, const Open& open) {
  size_t n_accepted = 0;
  EXPECT_TRUE(open(seed)) << name;
  for (size_t i = 0; i < n_mutations && !::testing::Test::HasFailure(); ++i) {
    const auto tokenizer = open(Mutator(i)(seed, words));
    const std::string file = name + ", mutation " + std::to_string(i);
    if (tokenizer) {
      ++n_accepted;
      expect_usable(*tokenizer, file);
    } else {
      expect_clear(tokenizer.error(), file);
    }
  }
  return n_accepted;
}

constexpr size_t kMutations = 1500;

TEST(MutatedFiles, TokenizerJson) {
  const std::vector<std::string> words = {"null",
                                          "true",
                                          "false",
                                          "-1",
                                          "0",
                                          "1",
                                          "99999999999999999999",
                                          "1e999",
                                          "4294967296",
                                          "{}",
                                          "[]",
                                          "\"\"",
                                          "[[",
                                          ",",
                                          "\"type\":",
                                          "\"Sequence\"",
                                          "\"BPE\"",
                                          "\"Unigram\"",
                                          "\"WordPiece\"",
                                          "\"ByteLevel\"",
                                          "\"Metaspace\"",
                                          "\"Split\"",
                                          "\"Replace\"",
                                          "\"Strip\"",
                                          "\"Precompiled\"",
                                          "\"\\ud800\"",
                                          "\\u0000",
                                          "(",
                                          "[",
                                          "\\\\p{",
                                          "(?:a*)*",
                                          "*",
                                          "\xff"};
  size_t n_accepted = 0;
  for (const auto& [name, seed] : seeds("fuzz/seeds/tokenizer_fuzz", ".json")) {
    n_accepted += try_mutations(name, seed, kMutations, words,
                                [](const std::string& json) { return Tokenizer::from_json(json); });
  }
  EXPECT_GT(n_accepted, kMutations / 10);
}

TEST(MutatedFiles, SentencePieceModels) {
  const std::vector<std::string> words = {
      {"\0", 1}, "\x0a\x02\x08\x01", "\xff\xff\xff\xff\xff\x0f", "\x12\x00", "\x1a\x04",
      "▁",       "<0x41>",           "\x15\xff\xff\x7f\x7f"};
  size_t n_accepted = 0;
  for (const auto& [name, seed] : seeds("goldens/text/tokenizers", ".model")) {
    n_accepted += try_mutations(name, seed, kMutations, words,
                                [](const std::string& model) { return Tokenizer::from_sentencepiece(model); });
  }
  EXPECT_GT(n_accepted, kMutations / 10);
}

TEST(MutatedFiles, GgufTokenizers) {
  const std::vector<std::string> words = {{"\0\0\0\0", 4},
                                          {"\xff\xff\xff\xff", 4},
                                          {"\x08\0\0\0", 4},
                                          {"\x09\0\0\0", 4},
                                          {"\0\0\xc0\x7f", 4},
                                          "tokenizer.ggml.",
                                          "▁",
                                          "llama",
                                          "gpt2",
                                          "t5",
                                          "bert"};
  const fs::path path = fs::path(::testing::TempDir()) / ("mutated-" + std::to_string(::getpid()) + ".gguf");
  size_t n_accepted = 0;
  for (const auto& [name, seed] : seeds("fuzz/seeds/gguf_tokenizer_fuzz", ".gguf")) {
    n_accepted += try_mutations(name, seed, kMutations, words, [&](const std::string& bytes) -> Result<Tokenizer> {
      std::ofstream(path, std::ios::binary) << bytes;
      HANOK_TRY(const GgufFile file, GgufFile::open(path));
      return Tokenizer::from_gguf(file);
    });
  }
  fs::remove(path);
  EXPECT_GT(n_accepted, kMutations / 10);
}

TEST(MutatedFiles, Templates) {
  const std::vector<std::string> words = {"{{",
                                          "}}",
                                          "{%",
                                          "%}",
                                          "{#",
                                          "#}",
                                          "{% for x in messages %}",
                                          "{% endfor %}",
                                          "{% if x %}",
                                          "{% endif %}",
                                          " | tojson",
                                          " is defined",
                                          "loop.",
                                          "(",
                                          ")",
                                          "[",
                                          "]",
                                          "[::-1]",
                                          "'",
                                          "\"",
                                          "range(99999999)",
                                          " * 99999999",
                                          " ~ ",
                                          "namespace(",
                                          "{% set ns.x = ",
                                          "{% macro m(a) %}",
                                          "{% endmacro %}",
                                          "m(m)",
                                          "{% call m(1) %}",
                                          "{% endcall %}",
                                          "\\u00",
                                          "\xff",
                                          "-1",
                                          "**"};
  auto all = seeds("tests/text/templates", ".jinja");
  for (auto& seed : seeds("fuzz/seeds/template_fuzz", ".jinja")) all.push_back(std::move(seed));
  ChatTemplate::Input input;
  input.messages = {{{"role", "system"}, {"content", "너는 한옥이다."}},
                    {{"role", "user"}, {"content", "안녕?"}},
                    {{"role", "assistant"}, {"content", "<think>\n음\n</think>\n\n네"}}};
  size_t n_rendered = 0, n_refused = 0;
  for (const auto& [name, seed] : all) {
    for (size_t i = 0; i < kMutations; ++i) {
      const auto parsed = ChatTemplate::parse(Mutator(i)(seed, words));
      const auto out = parsed ? parsed->render(input) : tl::unexpected(parsed.error());
      n_rendered += out ? 1 : 0;
      n_refused += out ? 0 : 1;
      if (!out) expect_clear(out.error(), name + ", mutation " + std::to_string(i));
    }
  }
  EXPECT_GT(n_rendered, kMutations / 10);
  EXPECT_GT(n_refused, kMutations / 10);
}

}  // namespace
}  // namespace hanok
