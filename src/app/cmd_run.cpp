// The command run: answers one prompt, or keeps a conversation.
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include "app/chat.h"
#include "app/commands.h"
#include "app/loading.h"
#include "app/options.h"
#include "app/output.h"
#include "app/pull_display.h"
#include "app/sampling_options.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "app/text_file.h"
#include "engine/sampling_defaults.h"

namespace hanok {
namespace {

struct RunArguments {
  std::string model, prompt, system;
  std::vector<std::string> files;
  GivenSampling sampling;
  bool raw = false, json = false, interactive = false;
  ThinkChoice think = ThinkChoice::kAuto;
  EngineOptions engine;
  PullOptions pull;

  bool is_chat() const { return interactive || (prompt.empty() && stdin_is_terminal()); }
};

// The prompt of one answer: the argument, or standard input where that is a pipe or the argument is "-".
Result<std::string> prompt_of(const RunArguments& a) {
  if (!a.prompt.empty() && a.prompt != "-") return a.prompt;
  HANOK_TRY(std::string text, read_text_file("-"));
  if (text.ends_with('\n')) text.pop_back();
  if (text.empty()) {
    return fail(ErrorKind::kInvalidInput, in_language("질문이 비어 있습니다", "the prompt is empty"),
                in_language("표준 입력", "standard input"), "", "", "hanok run MODEL \"…\"");
  }
  return text;
}

Result<SamplingOptions> sampling_of(const RunArguments& a, const Checkpoint& checkpoint) {
  HANOK_TRY(SamplingOptions sampling, sampling_defaults(checkpoint));
  sampling.seed = random_seed();
  a.sampling.overlay(sampling);
  return sampling;
}

Status set_up(const RunArguments& a, const std::string& model_name, Chat& chat) {
  chat.model_name = model_name;
  chat.conversation.system = a.system;
  chat.think = a.think;
  chat.is_raw = a.raw || chat.engine.chat_template() == nullptr;
  HANOK_TRY(chat.sampling, sampling_of(a, chat.engine.checkpoint()));
  HANOK_RETURN_IF_ERROR(check_sampling(chat.sampling, chat.engine.info().vocab));
  chat.is_drawing_chosen = a.sampling.chooses_drawing();
  if (a.think != ThinkChoice::kAuto) note_no_thinking(chat);
  if (chat.is_raw && !a.raw) {
    if (!a.system.empty()) {
      return fail(ErrorKind::kUnsupported,
                  in_language("대화 템플릿이 없는 모델입니다", "the model has no chat template"), "--system");
    }
    fmt::print(stderr, "{}\n",
               in_language("대화 템플릿이 없는 모델이라 글을 그대로 이어 씁니다",
                           "the model has no chat template: the text is continued as it is"));
  }
  return {};
}

Status answer_once(const RunArguments& a, const std::string& prompt, Chat& chat, double load_ms, int& exit_code) {
  const InterruptScope interrupt;
  HANOK_TRY(const Answer given, ask(chat, prompt, a.json, interrupt.flag()));
  const StopReason reason = given.generation.reason;
  if (a.json) {
    nlohmann::ordered_json json = to_json(given, load_ms);
    json["model"] = chat.model_name;
    json["seed"] = chat.sampling.seed;
    print_json(json);
  } else if (reason != StopReason::kMaxTokens) {
    note_early_end(reason);
  }
  if (reason == StopReason::kCancelled) exit_code = kExitInterrupted;
  return {};
}

void keep_chatting(const RunArguments& a, Chat& chat, int& exit_code) {
  InterruptScope interrupt(InterruptScope::Second::kNothing);
  const bool edits = stdin_is_terminal() && (stdout_is_terminal() || stderr_is_terminal());
  const auto lines = edits ? open_line_editor(history_path(), interrupt.flag()) : open_plain_lines();
  if (edits)
    fmt::print(stderr, fmt::runtime(in_language("{} · 문맥 {}토큰 · /help\n", "{} · context {} tokens · /help\n")),
               printable(chat.model_name), chat.engine.context());
  if (!a.prompt.empty()) {
    const auto given = ask(chat, a.prompt, false, interrupt.flag());
    if (given) {
      note_early_end(given->generation.reason);
    } else {
      report(given.error());
    }
  }
  talk(chat, *lines, interrupt);
  if (interrupt.terminated()) exit_code = kExitTerminated;
}

Status run(const RunArguments& a, int& exit_code) {
  using Clock = std::chrono::steady_clock;
  std::vector<Attachment> files;
  for (const std::string& path : a.files) {
    HANOK_TRY(Attachment file, read_attachment(path));
    files.push_back(std::move(file));
  }
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  std::string prompt;
  if (!a.is_chat()) {
    HANOK_TRY(prompt, prompt_of(a));
  }
  const Clock::time_point start = Clock::now();
  HANOK_TRY(const std::unique_ptr<Engine> engine, load_engine(model.path, a.engine));
  const double load_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  Chat chat(*engine);
  HANOK_RETURN_IF_ERROR(set_up(a, model.name, chat));
  chat.conversation.files = std::move(files);
  if (!a.is_chat()) return answer_once(a, prompt, chat, load_ms, exit_code);
  keep_chatting(a, chat, exit_code);
  return {};
}

void add_input(CLI::App& command, RunArguments& a) {
  add_model(command, a.model);
  add_positional(command, "PROMPT", a.prompt, false,
                 {"질문. 없으면 터미널에서는 대화를 시작하고, 파이프에서는 표준 입력을 읽습니다. -는 표준 입력",
                  "the question; without it a chat begins on a terminal, and a pipe is read; -: standard input"});
  add_texts(command, "--file", a.files, "FILE",
            {"붙일 글 파일(UTF-8, UTF-16, CP949). 문단에 차례로 번호가 붙습니다. 온도, 씨앗, top-p 따위를 주지 않았고 "
             "생각하지 않는 모델이면 가장 그럴듯한 토큰으로 답합니다",
             "attaches a text file (UTF-8, UTF-16, CP949); paragraphs are numbered through all files. The likeliest "
             "tokens answer, unless a temperature, seed, top-p or the like is given or the model thinks"});
  CLI::Option* system =
      add_text(command, "--system", a.system, "TEXT", {"모델에게 미리 하는 말", "what the model is told beforehand"});
  CLI::Option* interactive = add_flag(command, "--interactive", a.interactive,
                                      {"답한 뒤에도 대화를 이어 갑니다. 파이프에서는 한 줄이 질문 하나",
                                       "keeps the chat after the answer; from a pipe each line is a question"});
  CLI::Option* raw =
      add_flag(command, "--raw", a.raw,
               {"템플릿 없이 글을 그대로 이어 씁니다", "continues the text as it is, without a template"});
  CLI::Option* think = add_choice(
      command, "--think", a.think, think_choices(),
      {"모델의 생각. auto: 모델이 정한 대로, 터미널에서만 보임. show, hide: 생각하게 하고 보이거나 숨김. off: 끔",
       "the model's thinking. auto: as the model has it, shown on terminals only. show, hide: on, and shown or hidden. "
       "off: none"});
  raw->excludes(system)->excludes(think);
  CLI::Option* json = command.get_option_no_throw("--json");
  if (json != nullptr) json->excludes(interactive);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<RunArguments>();
  CLI::App& command =
      add_command(app, "run", {"묻고 대화합니다", "answers, or keeps a conversation"},
                  {"hanok run default \"세종대왕은 누구인가요?\"\n"
                   "hanok run default --file 안내.txt \"언제 문을 여나요?\"\n"
                   "hanok run default\n"
                   "hanok run default --raw --temperature 0 --max-tokens 50 \"옛날 옛적에\" --json",
                   "hanok run default \"Who was King Sejong?\"\n"
                   "hanok run default --file guide.txt \"When does it open?\"\n"
                   "hanok run default\n"
                   "hanok run default --raw --temperature 0 --max-tokens 50 \"Once upon a time\" --json"});
  add_json(command, a->json);
  add_input(command, *a);
  add_threads(command, a->engine);
  add_context(command, a->engine);
  add_kv(command, a->engine.kv);
  add_choice<Precision>(
      command, "--precision", a->engine.precision, {{"int8", Precision::kInt8}, {"f32", Precision::kF32}},
      {"계산의 정밀도. f32는 느리며 견주어 볼 때 씁니다", "precision of the arithmetic; f32 is slow, for comparison"});
  add_pull(command, a->pull);
  add_sampling(command, a->sampling);
  on_run(command, exit_code, a->json, [a, &exit_code] { return run(*a, exit_code); });
}

}  // namespace hanok
