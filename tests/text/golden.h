// Goldens of texts: what Hugging Face's tokenizers, SentencePiece and Jinja2 made of the same lines and chats.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <nlohmann/json.hpp>

#include "scratch.h"
#include "text/chat_template.h"
#include "text/stream_decoder.h"
#include "text/tokenizer.h"

namespace hanok::golden {

using Json = nlohmann::ordered_json;

inline const std::filesystem::path kFolder = std::filesystem::path(HANOK_SOURCE_DIR) / "goldens/text";

inline Json read_json(const std::string& name) {
  return Json::parse(testing::read_file(kFolder / name));
}

inline std::string sha256_of(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &n, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < n; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// FNV-1a in 32 bits, as tools/goldens/tokenizer_ids.py writes it.
inline std::string fnv(std::string_view bytes) {
  uint32_t value = 0x811c9dc5u;
  for (const char byte : bytes) value = (value ^ static_cast<uint8_t>(byte)) * 0x01000193u;
  return fmt::format("{:08x}", value);
}

inline std::string hash_ids(const std::vector<int32_t>& ids) {
  std::string bytes;
  for (const int32_t id : ids) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(id >> shift);
  }
  return fnv(bytes);
}

// The entry of `list` whose `key` is `value`.
inline const Json& find(const Json& list, const char* key, const std::string& value) {
  for (const Json& entry : list) {
    if (entry[key] == value) return entry;
  }
  throw std::runtime_error("the goldens have no " + value);
}

inline std::string streamed(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  StreamDecoder decoder(tokenizer, {});
  std::string text;
  for (const int32_t id : ids) text += decoder.push(id);
  return text + decoder.finish();
}

// Compares every line's ids, the text they decode to (where the golden has it), and the same text in a stream.
inline void expect_ids(const Tokenizer& tokenizer, const Json& golden, Tokenizer::EncodeOptions options = {}) {
  const Json lines = read_json("tokenizers/lines.json");
  ASSERT_EQ(golden["ids"].size(), lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto ids = tokenizer.encode(lines[i].get<std::string>(), options);
    ASSERT_TRUE(ids) << ids.error().to_string();
    EXPECT_EQ(hash_ids(*ids), golden["ids"][i]) << "line " << i << ": " << lines[i] << "\n"
                                                << ::testing::PrintToString(*ids);
    const std::string text = tokenizer.decode(*ids);
    EXPECT_EQ(streamed(tokenizer, *ids), text) << "line " << i;
    if (golden.contains("texts")) {
      EXPECT_EQ(fnv(text), golden["texts"][i]) << "line " << i << ": " << lines[i] << "\n" << text;
    }
  }
}

// What would print today prints the goldens' day: each strftime_now(…) becomes a text.
inline std::string with_fixed_day(std::string source) {
  constexpr std::string_view kCall = "strftime_now(";
  for (size_t at = source.find(kCall); at != source.npos; at = source.find(kCall, at)) {
    const size_t end = source.find_first_of("()", at + kCall.size());
    if (end == source.npos || source[end] == '(') break;
    source.replace(at, end + 1 - at, "'26 Jul 2024'");
  }
  return source;
}

// Renders the template in every chat, with and without tools, thinking and generation prompt; `name` is its golden's.
inline void expect_renders(const std::string& source, const std::string& name) {
  const Json json = read_json("templates.json");
  const Json& entry = find(json["renders"], "template", name);
  const auto digest = [](const std::string& text) { return sha256_of(text).substr(0, 12); };
  ASSERT_EQ(digest(source), entry["source"]) << "another version of the template than the golden's";
  const auto parsed = ChatTemplate::parse(with_fixed_day(source));
  std::istringstream renders(entry["renders"].get<std::string>());
  for (const auto& [chat, messages] : json["chats"].items()) {
    for (const bool tools : {false, true}) {
      for (const auto& extra : json["extras"]) {
        for (const bool prompt : {true, false}) {
          std::string expected;
          ASSERT_TRUE(renders >> expected);
          Result<std::string> out = tl::unexpected(parsed ? Error() : parsed.error());
          if (parsed) out = parsed->render({messages, tools ? json["tools"] : Json(), prompt, extra, "<s>", "</s>"});
          EXPECT_EQ(out ? digest(*out) : "-", expected)
              << chat << (tools ? ", tools, " : ", ") << extra << (prompt ? ", prompt: " : ": ")
              << (out ? *out : out.error().to_string());
        }
      }
    }
  }
}

// A folder that the tester names by an environment variable; empty without.
inline std::filesystem::path folder_of(const char* variable) {
  const char* folder = std::getenv(variable);
  return folder != nullptr ? folder : "";
}

// The data that developers share beside the repository; tests that need it are skipped where it is not.
inline std::filesystem::path shared_data() {
  const auto folder = folder_of("HANOK_SHARED");
  return folder.empty() ? std::filesystem::path(HANOK_SOURCE_DIR "/../shared") : folder;
}

}  // namespace hanok::golden
