// One answer: generated, streamed to the reader as it comes, told apart into thinking and answer.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/chat_prompt.h"
#include "engine/session.h"

namespace hanok {

enum class ThinkingShown { kShown, kHidden };

struct Answer {
  std::string text, thinking;
  Generation generation;
};

struct AnswerOptions {
  SamplingOptions sampling;
  ThinkingShown thinking = ThinkingShown::kShown;
  bool silent = false;  // prints nothing; for --json
  const std::atomic<bool>* cancel = nullptr;
};

// Answers the prompt. A person sees the text on standard output as it comes; before the first word of a long prompt, a
// line on the terminal says that it is being read. Errors: as Session::generate.
Result<Answer> answer(const Engine& engine, Session& session, const ChatPrompt& prompt, const AnswerOptions& options);
// The same for a text that is continued as it is, without thinking.
Result<Answer> continue_text(Session& session, const std::vector<int32_t>& ids, const AnswerOptions& options);

// "end", "stop_string", "max_tokens", "context_full", "cancelled".
const char* stop_name(StopReason reason);
// Says on standard error why an answer ended early; nothing where it ended by itself.
void note_early_end(StopReason reason);

// {text, thinking?, ids, stop_reason, usage, timings}.
nlohmann::ordered_json to_json(const Answer& answer, double load_ms);

}  // namespace hanok
