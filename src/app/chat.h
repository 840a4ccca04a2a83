// An interactive conversation with a model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/answer.h"
#include "app/conversation.h"
#include "app/lines.h"
#include "app/signals.h"
#include "engine/session.h"

namespace hanok {

// kAuto: the model thinks as its template has it by itself; shown on a terminal, hidden elsewhere.
enum class ThinkChoice { kAuto, kShow, kHide, kOff };
ThinkingWish wish_of(ThinkChoice choice);
ThinkingShown shown_by(ThinkChoice choice);
// "auto", "show", "hide", "off" with their values.
const std::vector<std::pair<std::string, ThinkChoice>>& think_choices();

struct Chat {
  explicit Chat(Engine& loaded) : engine(loaded), session(loaded) {}

  Engine& engine;
  Session session;
  std::string model_name;
  Conversation conversation;
  SamplingOptions sampling;
  bool is_drawing_chosen = false;  // else a question about files is answered with the likeliest tokens
  bool is_raw = false;             // the text is continued as it is, without a template
  ThinkChoice think = ThinkChoice::kAuto;
};

// Says on standard error that a wish about thinking changes nothing, where the model does not think.
void note_no_thinking(const Chat& chat);

// How the next answer is sampled.
SamplingOptions sampling_now(const Chat& chat);

// Answers the question and adds both to the conversation. The oldest turns are dropped where they do not fit, which is
// said on standard error. A question that cannot be answered leaves the conversation as it was.
Result<Answer> ask(Chat& chat, const std::string& question, bool silent, const std::atomic<bool>* cancel);

// Reads messages and answers them until the end of the input or /bye. Errors are shown and the chat goes on.
void talk(Chat& chat, LineSource& lines, InterruptScope& interrupt);

}  // namespace hanok
