// The last step of a tokenizer: turns tokens back into the bytes of the text, one token after the other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hanok {

class TokenDecoder {
 public:
  // What one text in the making has to remember between its tokens.
  struct State {
    bool first = true;      // no token came yet
    size_t n_stripped = 0;  // characters already taken from the start of the text
    bool text_began = false;
    std::string held;  // appended before the next token, dropped at the end of the text
  };

  // From the member "decoder" of a tokenizer.json; null puts a space between tokens.
  static Result<TokenDecoder> from_json(const nlohmann::json& node);

  // Appends the bytes that are now certain. They may end inside a character.
  void push(State& state, std::string_view token, std::string& bytes) const;

  void add_byte_level();
  void add_byte_fallback();
  void add_replace(std::string text, std::string content);
  void add_fuse();
  // Takes up to `start` times the character from the start of each token (of the text, once tokens are fused) and up to
  // `stop` times from its end.
  void add_strip(std::string character, size_t start, size_t stop);
  void add_metaspace(std::string mark, bool strip_first);
  void add_word_piece(std::string prefix, bool clean_up);
  void add_end_suffix(std::string suffix);
  void add_join();

 private:
  enum class Kind { kByteLevel, kByteFallback, kReplace, kFuse, kStrip, kMetaspace, kWordPiece, kEndSuffix, kJoin };
  struct Step {
    Kind kind;
    std::string text = {};  // the mark, prefix, suffix, character, or what is replaced
    std::string replacement = {};
    bool flag = false;
    size_t start = 0, stop = 0;
  };

  static Status read_component(class ComponentReader& reader, TokenDecoder& decoder);
  static void run(const Step& step, bool fused, State& state, std::string& token);
  static void strip_text(const Step& step, State& state, std::string& token);

  std::vector<Step> steps_;
};

}  // namespace hanok
