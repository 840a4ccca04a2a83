// A conversation: what was said, the files attached to it, and how much of it fits into a context.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/attachment.h"
#include "base/result.h"
#include "engine/chat_prompt.h"

namespace hanok {

struct Turn {
  std::string question, answer, thinking;
};

struct Conversation {
  std::string system;
  std::vector<Attachment> files;
  std::vector<Turn> turns;

  // [{role, content}] without the first n_dropped turns, ending with `question`. The files stand in the system turn,
  // or, for a template without one, before the first question that is left.
  nlohmann::ordered_json messages(const std::string& question, size_t n_dropped, bool has_system_turn = true) const;
};

struct FittedPrompt {
  ChatPrompt prompt;
  size_t n_dropped = 0;  // turns of the conversation that had to be left out
};

// The prompt for the next question. Drops the oldest turns until `room` tokens (fewer when that is not possible even
// without them) are free for the answer. Errors: kLimit when the question with the files and the system text alone is
// longer than the context; what the template refuses.
Result<FittedPrompt> fit_prompt(const Engine& engine, const Conversation& conversation, const std::string& question,
                                ThinkingWish wish, int64_t room);

// As JSON: {version, model, files: [{name, text}], messages: [{role, content, reasoning_content?}]}.
nlohmann::ordered_json to_json(const Conversation& conversation, const std::string& model);
// Errors: what is missing or of a wrong type, with its place.
Result<Conversation> conversation_from_json(const nlohmann::ordered_json& document);

// Written aside and renamed: the file is whole or as it was.
Status save_conversation(const std::filesystem::path& path, const Conversation& conversation, const std::string& model);
Result<Conversation> load_conversation(const std::filesystem::path& path);

}  // namespace hanok
