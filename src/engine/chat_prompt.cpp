#include "engine/chat_prompt.h"

#include <utility>

#include "base/check.h"
#include "base/locale.h"
#include "base/utf8.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

// A character of the private use that no message holds. It stands before a special token that is written in a message
// while the template works on it: it is no white space and nothing a template looks for.
Result<std::string> free_mark(const Json& messages) {
  constexpr std::string_view kBlock = "\xf4\x8f\xbf";  // U+10FFC0 to U+10FFFF
  const std::string all = messages.dump(-1, ' ', false, Json::error_handler_t::replace);
  bool is_taken[64] = {};
  for (size_t at = 0; (at = all.find(kBlock, at)) != all.npos; at += kBlock.size())
    if (at + kBlock.size() < all.size()) is_taken[all[at + kBlock.size()] & 0x3f] = true;
  for (int last = 0x3d; last >= 0; --last)
    if (!is_taken[last]) return std::string(kBlock) + static_cast<char>(0x80 | last);
  return fail(
      ErrorKind::kInvalidInput, in_language("사용자 정의 문자가 너무 많이 쓰였습니다", "too many private characters"),
      "messages",
      in_language("U+10FFC0부터 U+10FFFD까지 가운데 하나는 쓰이지 않은 글", "one of U+10FFC0 to U+10FFFD unused"),
      in_language("모두 쓰임", "all in use"));
}

bool holds_specials(const Json& value, const Tokenizer& tokenizer) {
  if (value.is_string()) return !tokenizer.special_starts(value.get_ref<const std::string&>()).empty();
  if (!value.is_structured()) return false;
  for (const auto& [key, part] : value.items())
    if (key != "role" && holds_specials(part, tokenizer)) return true;
  return false;
}

// Marks the special tokens of what is said: those are words here and not what parts the messages. The tags around
// thinking stay as they are where the model itself speaks, because its template looks for them.
class Marker {
 public:
  Marker(const Tokenizer& tokenizer, const Thinking* thinking, const std::string& mark)
      : tokenizer_(tokenizer), thinking_(thinking), mark_(mark) {}

  void mark(Json& message) const {
    const bool is_own = message.is_object() && message.value("role", Json()) == "assistant";
    mark(message, is_own);
  }

 private:
  std::vector<size_t> starts(std::string_view text, bool is_own) const {
    std::vector<size_t> all = tokenizer_.special_starts(text);
    if (!is_own || thinking_ == nullptr) return all;
    std::erase_if(all, [&](size_t at) {
      const std::string_view rest = text.substr(at);
      return rest.starts_with(thinking_->open_tag()) || rest.starts_with(thinking_->close_tag());
    });
    return all;
  }
  void mark(Json& value, bool is_own) const {
    if (value.is_string()) {
      const std::string text = replace_invalid_utf8(value.get_ref<const std::string&>());
      std::string marked;
      size_t done = 0;
      for (const size_t at : starts(text, is_own)) {
        marked.append(text, done, at - done).append(mark_);
        done = at;
      }
      value = marked.append(text, done);
      return;
    }
    if (value.is_array())
      for (Json& item : value) mark(item, is_own);
    if (!value.is_object()) return;
    for (auto item = value.begin(); item != value.end(); ++item)
      if (item.key() != "role") mark(item.value(), is_own);
  }

  const Tokenizer& tokenizer_;
  const Thinking* thinking_;
  const std::string& mark_;
};

// Takes the marks out and returns where they stood.
std::vector<size_t> take_marks(std::string& text, std::string_view mark) {
  std::vector<size_t> places;
  std::string plain;
  size_t done = 0;
  for (size_t at; (at = text.find(mark, done)) != std::string::npos; done = at + mark.size()) {
    plain.append(text, done, at - done);
    places.push_back(plain.size());
  }
  plain.append(text, done);
  text = std::move(plain);
  return places;
}

}  // namespace

ChatTemplate::Input template_tokens(const Tokenizer& tokenizer) {
  ChatTemplate::Input input;
  if (tokenizer.bos_id()) input.bos_token = tokenizer.piece(*tokenizer.bos_id());
  if (tokenizer.eos_id()) input.eos_token = tokenizer.piece(*tokenizer.eos_id());
  return input;
}

Result<ChatPrompt> chat_prompt(const Engine& engine, const nlohmann::ordered_json& messages, ThinkingWish wish) {
  HANOK_CHECK(engine.chat_template() != nullptr, "the model has a chat template");
  const Thinking* thinking = engine.thinking();
  ChatTemplate::Input input = template_tokens(engine.tokenizer());
  input.messages = messages;
  wish_for_thinking(input, wish);
  std::string mark;  // empty: nothing is marked
  if (holds_specials(messages, engine.tokenizer())) {
    HANOK_TRY(mark, free_mark(messages));
    const Marker marker(engine.tokenizer(), thinking, mark);
    for (Json& message : input.messages) marker.mark(message);
  }
  HANOK_TRY(std::string text, engine.chat_template()->render(input));
  text = replace_invalid_utf8(text);
  std::vector<size_t> plain_at;
  if (!mark.empty()) plain_at = take_marks(text, mark);
  if (thinking != nullptr && wish == ThinkingWish::kOff && !thinking->has_switch())
    text = thinking->with_thinking_over(std::move(text));
  ChatPrompt prompt;
  prompt.begins_in_thinking = thinking != nullptr && thinking->is_open_at_end(text);
  HANOK_TRY(prompt.ids,
            engine.tokenizer().encode(text, {.add_special = false, .parse_special = true, .plain_at = plain_at}));
  return prompt;
}

}  // namespace hanok
