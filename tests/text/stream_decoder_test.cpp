// Streams give whole characters only, hold back what may become a stop string, and end at one wherever it falls.
#include "text/stream_decoder.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace hanok {
namespace {

Tokenizer open(const char* name) {
  std::ifstream in(std::string(HANOK_SOURCE_DIR "/fuzz/seeds/tokenizer_fuzz/") + name + ".json", std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  auto tokenizer = Tokenizer::from_json(text.str());
  if (!tokenizer) throw std::runtime_error(tokenizer.error().to_string());
  return *tokenizer;
}

// One id for each byte, whatever the vocabulary could say in fewer.
std::vector<int32_t> byte_ids(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<int32_t> ids;
  for (const char c : text) {
    for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
      if (tokenizer.token_bytes(id) != std::string(1, c)) continue;
      ids.push_back(id);
      break;
    }
  }
  return ids;
}

struct Streamed {
  std::vector<std::string> parts;
  std::string text;
  bool stopped = false;
};

Streamed stream(const Tokenizer& tokenizer, const std::vector<int32_t>& ids, std::vector<std::string> stops = {}) {
  StreamDecoder decoder(tokenizer, std::move(stops));
  Streamed streamed;
  for (const int32_t id : ids) streamed.parts.push_back(decoder.push(id));
  streamed.parts.push_back(decoder.finish());
  for (const std::string& part : streamed.parts) {
    EXPECT_EQ(replace_invalid_utf8(part), part) << "half a character was given out";
    streamed.text += part;
  }
  streamed.stopped = decoder.stopped();
  return streamed;
}

using Parts = std::vector<std::string>;

TEST(StreamDecoder, GivesACharacterWithItsLastByte) {
  const Tokenizer tokenizer = open("byte_level");
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "한a")).parts, (Parts{"", "", "한", "a", ""}));
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "😀")).parts, (Parts{"", "", "", "😀", ""}));
}

TEST(StreamDecoder, PutsByteFallbackTokensTogether) {
  const Tokenizer tokenizer = open("sentence_bpe");
  std::vector<int32_t> ids;
  for (const char* piece : {"▁a", "<0xEA>", "<0xB5>", "<0xAD>", "<0x21>"}) ids.push_back(*tokenizer.find(piece));
  EXPECT_EQ(stream(tokenizer, ids).parts, (Parts{"a", "", "", "국", "!", ""}));
  ids.resize(2);
  EXPECT_EQ(stream(tokenizer, ids).text, "a\uFFFD");
}

TEST(StreamDecoder, BrokenBytesBecomeReplacementsAsSoonAsTheyAreSure) {
  const Tokenizer tokenizer = open("byte_level");
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "\xed\x95z")).parts, (Parts{"", "", "\uFFFDz", ""}));
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "\xff\xf0\x9f")).text, "\uFFFD\uFFFD");
}

TEST(StreamDecoder, HoldsBackWhatMayBeAStopString) {
  const Tokenizer tokenizer = open("byte_level");
  const auto streamed = stream(tokenizer, byte_ids(tokenizer, "<b</s>c"), {"</s>"});
  EXPECT_EQ(streamed.parts, (Parts{"", "<b", "", "", "", "", "", ""}));
  EXPECT_TRUE(streamed.stopped);
}

TEST(StreamDecoder, EndsAtAStopStringWithinAndAcrossTokens) {
  const Tokenizer tokenizer = open("byte_level");
  const std::string text = "ab abab 한복 끝입니다. 다시";
  const auto whole = tokenizer.encode(text, {.add_special = false}).value();
  for (const auto& ids : {whole, byte_ids(tokenizer, text)}) {
    for (const auto& [stop, before] : std::vector<std::pair<std::string, std::string>>{{"끝", "ab abab 한복 "},
                                                                                       {"b 한", "ab aba"},
                                                                                       {"니다.", "ab abab 한복 끝입"},
                                                                                       {" ", "ab"},
                                                                                       {"ba", "ab a"}}) {
      const auto streamed = stream(tokenizer, ids, {stop});
      EXPECT_TRUE(streamed.stopped) << stop;
      EXPECT_EQ(streamed.text, before) << stop;
    }
    EXPECT_EQ(stream(tokenizer, ids, {"끝이", "없다"}).text, text);
  }
}

TEST(StreamDecoder, TheStopStringThatComesFirstCounts) {
  const Tokenizer tokenizer = open("byte_level");
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "xaay"), {"y", "aa", ""}).text, "x");
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "aaab"), {"aab"}).text, "a");
}

TEST(StreamDecoder, FinishGivesWhatWasHeldBack) {
  const Tokenizer tokenizer = open("byte_level");
  EXPECT_EQ(stream(tokenizer, byte_ids(tokenizer, "s\xed"), {"stop"}).parts, (Parts{"", "", "s\uFFFD"}));
  EXPECT_EQ(stream(tokenizer, {}, {"stop"}).text, "");
}

TEST(StreamDecoder, SpecialTokensAndUnknownIdsAddNothing) {
  const Tokenizer tokenizer = open("byte_level");
  const int32_t end = *tokenizer.find("<|end|>");
  EXPECT_EQ(stream(tokenizer, {'a', end, -1, 1 << 30, 'b'}).text, "ab");
}

}  // namespace
}  // namespace hanok
