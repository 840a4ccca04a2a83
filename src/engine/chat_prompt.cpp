#include "engine/chat_prompt.h"

#include "base/check.h"

namespace hanok {

ChatTemplate::Input template_tokens(const Tokenizer& tokenizer) {
  ChatTemplate::Input input;
  if (tokenizer.bos_id()) input.bos_token = tokenizer.piece(*tokenizer.bos_id());
  if (tokenizer.eos_id()) input.eos_token = tokenizer.piece(*tokenizer.eos_id());
  return input;
}

Result<ChatPrompt> chat_prompt(const Engine& engine, const nlohmann::ordered_json& messages, ThinkingWish wish) {
  HANOK_CHECK(engine.chat_template() != nullptr, "the model has a chat template");
  ChatTemplate::Input input = template_tokens(engine.tokenizer());
  input.messages = messages;
  wish_for_thinking(input, wish);
  HANOK_TRY(std::string text, engine.chat_template()->render(input));
  const Thinking* thinking = engine.thinking();
  if (thinking != nullptr && wish == ThinkingWish::kOff && !thinking->has_switch())
    text = thinking->with_thinking_over(std::move(text));
  ChatPrompt prompt;
  prompt.begins_in_thinking = thinking != nullptr && thinking->is_open_at_end(text);
  HANOK_TRY(prompt.ids, engine.tokenizer().encode(text, {.add_special = false, .parse_special = true}));
  return prompt;
}

}  // namespace hanok
