#include "app/chat.h"

#include <algorithm>
#include <new>

#include <fmt/format.h>

#include "app/chat_commands.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/utf8.h"

namespace hanok {
namespace {

// Tokens kept free for an answer, so that a long chat loses several old turns at once and its beginning is not computed
// anew for every question.
int64_t room_for_answer(const Chat& chat) {
  const int64_t quarter = chat.engine.context() / 4;
  return chat.sampling.max_tokens < 0 ? quarter : std::min(quarter, chat.sampling.max_tokens);
}

void note_dropped(size_t n_dropped) {
  fmt::print(stderr,
             fmt::runtime(in_language("(대화가 문맥보다 길어져 가장 오래된 질문과 답 {}개를 잊었습니다)\n",
                                      "(the chat outgrew the context: its {} oldest turns were dropped)\n")),
             n_dropped);
}

Result<Answer> continue_raw(Chat& chat, const std::string& text, const AnswerOptions& options) {
  const Tokenizer& tokenizer = chat.engine.tokenizer();
  std::string whole;
  for (const Attachment& file : chat.conversation.files) whole += replace_invalid_utf8(file.text);
  const size_t file_bytes = whole.size();
  whole += replace_invalid_utf8(text);
  std::vector<size_t> plain_at = tokenizer.special_starts(whole);  // special tokens are those of the prompt alone
  std::erase_if(plain_at, [&](size_t at) { return at >= file_bytes; });
  HANOK_TRY(const std::vector<int32_t> ids, tokenizer.encode(whole, {.plain_at = plain_at}));
  return continue_text(chat.session, ids, options);
}

}  // namespace

ThinkingWish wish_of(ThinkChoice choice) {
  if (choice == ThinkChoice::kAuto) return ThinkingWish::kModel;
  return choice == ThinkChoice::kOff ? ThinkingWish::kOff : ThinkingWish::kOn;
}

ThinkingShown shown_by(ThinkChoice choice) {
  const bool shown = choice == ThinkChoice::kShow || (choice == ThinkChoice::kAuto && stdout_is_terminal());
  return shown ? ThinkingShown::kShown : ThinkingShown::kHidden;
}

const std::vector<std::pair<std::string, ThinkChoice>>& think_choices() {
  static const std::vector<std::pair<std::string, ThinkChoice>> choices = {{"auto", ThinkChoice::kAuto},
                                                                           {"show", ThinkChoice::kShow},
                                                                           {"hide", ThinkChoice::kHide},
                                                                           {"off", ThinkChoice::kOff}};
  return choices;
}

void note_no_thinking(const Chat& chat) {
  if (chat.engine.thinking() != nullptr) return;
  fmt::print(stderr, "{}\n",
             in_language("(생각하지 않는 모델이라 --think는 아무것도 바꾸지 않습니다)",
                         "(this model does not think: --think changes nothing)"));
}

SamplingOptions sampling_now(const Chat& chat) {
  SamplingOptions sampling = chat.sampling;
  const bool is_about_files = !chat.conversation.files.empty() && !chat.is_raw;
  // Thinking models are left as their makers set them: the likeliest tokens alone can send them round in circles.
  const bool may_think = chat.engine.thinking() != nullptr && chat.think != ThinkChoice::kOff;
  if (is_about_files && !chat.is_drawing_chosen && !may_think) sampling.temperature = 0;
  return sampling;
}

Result<Answer> ask(Chat& chat, const std::string& question, bool silent, const std::atomic<bool>* cancel) {
  const AnswerOptions options{sampling_now(chat), shown_by(chat.think), silent, cancel};
  if (chat.is_raw) return continue_raw(chat, question, options);
  HANOK_TRY(const FittedPrompt fitted,
            fit_prompt(chat.engine, chat.conversation, question, wish_of(chat.think), room_for_answer(chat)));
  if (fitted.n_dropped > 0) note_dropped(fitted.n_dropped);
  HANOK_TRY(Answer given, answer(chat.engine, chat.session, fitted.prompt, options));
  std::vector<Turn>& turns = chat.conversation.turns;
  turns.erase(turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(fitted.n_dropped));
  const bool was_stopped_at_once = given.generation.reason == StopReason::kCancelled && given.text.empty();
  if (!was_stopped_at_once) turns.push_back({question, given.text, given.thinking});
  return given;
}

// Answers a message or runs a command, and shows what went wrong. Memory that runs out costs the message, not the chat.
ChatOutcome take_message(Chat& chat, const std::string& message, const std::atomic<bool>* cancel) {
  try {
    if (is_chat_command(message)) {
      const auto outcome = run_chat_command(message, chat);
      if (!outcome) report(outcome.error());
      return outcome ? *outcome : ChatOutcome::kStay;
    }
    const auto given = ask(chat, message, false, cancel);
    if (given) {
      note_early_end(given->generation.reason);
    } else {
      report(given.error());
    }
  } catch (const std::bad_alloc&) {
    chat.session.clear();
    report(
        Error{ErrorKind::kOutOfMemory, in_language("메모리를 더 얻지 못했습니다", "no more memory"), "", "", "",
              in_language("대화는 그대로입니다. 더 짧은 글로 해 보세요", "the chat is as it was; try a shorter text")});
  }
  return ChatOutcome::kStay;
}

void talk(Chat& chat, LineSource& lines, InterruptScope& interrupt) {
  for (;;) {
    interrupt.clear();
    if (interrupt.terminated()) return;
    const Line message = read_message(lines);
    if (message.kind == Line::Kind::kEnd) {
      if (interrupt.interrupted() && !interrupt.terminated()) continue;  // Ctrl-C before the terminal was ready
      return;
    }
    if (message.kind == Line::Kind::kInterrupted || message.text.find_first_not_of(" \t\n") == std::string::npos)
      continue;
    if (take_message(chat, message.text, interrupt.flag()) == ChatOutcome::kLeave) return;
  }
}

}  // namespace hanok
