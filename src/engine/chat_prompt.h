// A conversation as the model's own template writes it, in tokens.
#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/engine.h"

namespace hanok {

struct ChatPrompt {
  std::vector<int32_t> ids;
  bool begins_in_thinking = false;  // the tag that opens the thinking stands at the prompt's end
};

// Only for an engine with a chat template. messages: [{role, content, …}]. Special tokens are those that the template
// writes; what the messages hold is words. Errors: what the template refuses.
Result<ChatPrompt> chat_prompt(const Engine& engine, const nlohmann::ordered_json& messages, ThinkingWish wish);

// What a template is told of the tokenizer.
ChatTemplate::Input template_tokens(const Tokenizer& tokenizer);

}  // namespace hanok
