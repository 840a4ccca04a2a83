#include "engine/chat_prompt.h"

#include <utility>

#include "base/check.h"
#include "base/utf8.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

// Stands before a special token that is written in a message while the template works on it: a character of the private
// use, which is taken out of the messages first. It is no white space and nothing a template looks for.
constexpr std::string_view kMark = "\U0010FFFD";

void erase_all(std::string& text, std::string_view part) {
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos;) text.erase(at, part.size());
}

// Marks the special tokens of what is said: those are words here and not what parts the messages. The tags around
// thinking stay as they are where the model itself speaks, because its template looks for them.
class Marker {
 public:
  Marker(const Tokenizer& tokenizer, const Thinking* thinking) : tokenizer_(tokenizer), thinking_(thinking) {}

  bool marks(const Json& message) const {
    if (message.is_string()) return !starts(message.get_ref<const std::string&>(), false).empty();
    for (const auto& [key, value] : message.items())
      if (value.is_structured() || value.is_string()) {
        if (key != "role" && marks(value)) return true;
      }
    return false;
  }
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
      std::string text = replace_invalid_utf8(value.get_ref<const std::string&>());
      erase_all(text, kMark);
      const std::vector<size_t> all = starts(text, is_own);
      for (size_t i = all.size(); i > 0; --i) text.insert(all[i - 1], kMark);
      value = std::move(text);
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
};

// Takes the marks out and returns where they stood.
std::vector<size_t> take_marks(std::string& text) {
  std::vector<size_t> places;
  std::string plain;
  size_t done = 0;
  for (size_t at; (at = text.find(kMark, done)) != std::string::npos; done = at + kMark.size()) {
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
  const Marker marker(engine.tokenizer(), thinking);
  const bool has_marks = marker.marks(messages);
  if (has_marks)
    for (Json& message : input.messages) marker.mark(message);
  HANOK_TRY(std::string text, engine.chat_template()->render(input));
  text = replace_invalid_utf8(text);
  std::vector<size_t> plain_at;
  if (has_marks) plain_at = take_marks(text);
  if (thinking != nullptr && wish == ThinkingWish::kOff && !thinking->has_switch())
    text = thinking->with_thinking_over(std::move(text));
  ChatPrompt prompt;
  prompt.begins_in_thinking = thinking != nullptr && thinking->is_open_at_end(text);
  HANOK_TRY(prompt.ids,
            engine.tokenizer().encode(text, {.add_special = false, .parse_special = true, .plain_at = plain_at}));
  return prompt;
}

}  // namespace hanok
