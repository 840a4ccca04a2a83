#include "app/answer.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "app/report.h"
#include "app/terminal.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongPrompt = 256;  // new tokens from which on reading the prompt is worth a word

// Writes the streamed text to standard output.
class Printer {
 public:
  explicit Printer(const AnswerOptions& options)
      : silent_(options.silent),
        shows_thinking_(options.thinking == ThinkingShown::kShown),
        is_terminal_(stdout_is_terminal()),
        has_colour_(wants_colour(STDOUT_FILENO)) {}

  void begin_reading(size_t n_tokens) {
    if (n_tokens < kLongPrompt) return;
    begin_status(fmt::format(fmt::runtime(in_language("글을 읽는 중… ({}토큰)", "reading… ({} tokens)")), n_tokens));
  }
  void print(const ThinkingSplitter::Piece& piece) {
    if (silent_ || (piece.thinking.empty() && piece.answer.empty())) return;
    end_status();
    if (!shows_thinking_ && piece.answer.empty()) begin_status(in_language("생각하는 중…", "thinking…"));
    if (shows_thinking_ && !piece.thinking.empty()) {
      if (has_colour_ && !in_thinking_) write("\x1b[2m");
      in_thinking_ = true;
      write(shown(piece.thinking));
    }
    if (!piece.answer.empty()) {
      end_thinking();
      write(shown(piece.answer));
      ends_line_ = piece.answer.back() == '\n';
    }
    std::fflush(stdout);
  }
  void finish() {
    end_status();
    if (silent_) return;
    end_thinking();
    if (!ends_line_) write("\n");
    std::fflush(stdout);
  }

 private:
  // A word on the terminal while nothing else comes.
  void begin_status(const std::string& text) {
    if (silent_ || !stderr_is_terminal()) return;
    fmt::print(stderr, "\r{}", text);
    std::fflush(stderr);
    has_status_ = true;
  }
  void end_status() {
    if (!has_status_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    has_status_ = false;
  }
  void end_thinking() {
    if (!in_thinking_) return;
    write(has_colour_ ? "\x1b[0m\n\n" : "\n\n");
    in_thinking_ = false;
    ends_line_ = true;
  }
  std::string shown(const std::string& text) const { return is_terminal_ ? printable_lines(text) : text; }
  static void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

  bool silent_, shows_thinking_, is_terminal_, has_colour_;
  bool has_status_ = false, in_thinking_ = false, ends_line_ = true;
};

size_t n_new_tokens(const Session& session, const std::vector<int32_t>& ids) {
  const auto cached = session.cached();
  const auto differ = std::mismatch(ids.begin(), ids.end(), cached.begin(), cached.end());
  return static_cast<size_t>(ids.end() - differ.first);
}

double per_second(size_t n, double ms) {
  return ms > 0 ? static_cast<double>(n) * 1000 / ms : 0;
}

Result<Answer> generate(Session& session, const std::vector<int32_t>& ids, std::optional<ThinkingSplitter> splitter,
                        const AnswerOptions& options) {
  Answer answer;
  Printer printer(options);
  const auto take = [&](const ThinkingSplitter::Piece& piece) {
    answer.thinking += piece.thinking;
    answer.text += piece.answer;
    printer.print(piece);
  };
  printer.begin_reading(n_new_tokens(session, ids));
  auto generation = session.generate(
      ids, options.sampling,
      [&](std::string_view text) {
        take(splitter ? splitter->push(text) : ThinkingSplitter::Piece{"", std::string(text)});
        return true;
      },
      options.cancel);
  if (generation && splitter) take(splitter->finish());
  printer.finish();
  if (!generation) return tl::unexpected(generation.error());
  answer.generation = std::move(*generation);
  return answer;
}

}  // namespace

Result<Answer> answer(const Engine& engine, Session& session, const ChatPrompt& prompt, const AnswerOptions& options) {
  std::optional<ThinkingSplitter> splitter;
  if (const Thinking* thinking = engine.thinking()) splitter.emplace(*thinking, prompt.begins_in_thinking);
  return generate(session, prompt.ids, std::move(splitter), options);
}

Result<Answer> continue_text(Session& session, const std::vector<int32_t>& ids, const AnswerOptions& options) {
  return generate(session, ids, std::nullopt, options);
}

const char* stop_name(StopReason reason) {
  switch (reason) {
    case StopReason::kEnd:
      return "end";
    case StopReason::kStopString:
      return "stop_string";
    case StopReason::kMaxTokens:
      return "max_tokens";
    case StopReason::kContextFull:
      return "context_full";
    case StopReason::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

void note_early_end(StopReason reason) {
  const char* note = nullptr;
  if (reason == StopReason::kMaxTokens)
    note = in_language("(--max-tokens에 이르러 멈췄습니다)", "(stopped at --max-tokens)");
  if (reason == StopReason::kContextFull)
    note = in_language("(문맥이 가득 차 답이 끊겼습니다)", "(cut off: the context is full)");
  if (reason == StopReason::kCancelled) note = in_language("(멈췄습니다)", "(stopped)");
  if (note != nullptr) fmt::print(stderr, "{}\n", note);
}

Json to_json(const Answer& answer, double load_ms) {
  const Generation& g = answer.generation;
  const auto n_new = static_cast<size_t>(g.n_prompt - g.n_prompt_reused);
  Json json{{"text", answer.text}};
  if (!answer.thinking.empty()) json["thinking"] = answer.thinking;
  json["ids"] = g.ids;
  json["stop_reason"] = stop_name(g.reason);
  json["usage"] = {{"prompt_tokens", g.n_prompt},
                   {"completion_tokens", g.ids.size()},
                   {"total_tokens", g.n_prompt + static_cast<int64_t>(g.ids.size())},
                   {"completion_tokens_details",
                    {{"accepted_prediction_tokens", g.n_guessed_right},
                     {"rejected_prediction_tokens", g.n_guessed - g.n_guessed_right}}}};
  json["timings"] = {{"load_ms", load_ms},
                     {"prompt_ms", g.prompt_ms},
                     {"generate_ms", g.generate_ms},
                     {"prompt_tokens_per_second", per_second(n_new, g.prompt_ms)},
                     {"generate_tokens_per_second", per_second(g.ids.size(), g.generate_ms)}};
  return json;
}

}  // namespace hanok
