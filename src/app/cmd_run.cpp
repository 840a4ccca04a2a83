// The command run: answers one prompt, or keeps a conversation.
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/report.h"
#include "engine/session.h"
#include "hub/hub.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

std::atomic<bool> cancel_answer{false};
void on_interrupt(int) {
  cancel_answer.store(true);
}

struct RunArguments {
  std::string model, prompt, system;
  std::vector<std::string> files;
  bool raw = false, json = false, interactive = false;
  EngineOptions engine;
  SamplingOptions sampling;
  PullOptions pull;
};

// The files' paragraphs, numbered [1], [2], … through all of them.
Result<std::string> attach(const std::vector<std::string>& files) {
  std::string text;
  int n_paragraphs = 0;
  for (const std::string& name : files) {
    std::ifstream file(name);
    if (!file) return fail(ErrorKind::kNotFound, "cannot read the file", name);
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
      const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
      if (!blank && !inside) text += fmt::format("[{}] ", ++n_paragraphs);
      text += line + "\n";
      inside = !blank;
    }
    text += "\n";
  }
  return text;
}

Result<std::vector<int32_t>> encode(const Engine& engine, const Json& messages, bool raw) {
  const Tokenizer& tokenizer = engine.tokenizer();
  if (raw || engine.chat_template() == nullptr)
    return tokenizer.encode(messages.back().at("content").get<std::string>());
  ChatTemplate::Input input;
  input.messages = messages;
  if (tokenizer.bos_id()) input.bos_token = tokenizer.piece(*tokenizer.bos_id());
  if (tokenizer.eos_id()) input.eos_token = tokenizer.piece(*tokenizer.eos_id());
  HANOK_TRY(const std::string prompt, engine.chat_template()->render(input));
  return tokenizer.encode(prompt, {.add_special = false, .parse_special = true});
}

Status answer(Engine& engine, Session& session, const RunArguments& arguments, Json& messages) {
  HANOK_TRY(const std::vector<int32_t> prompt, encode(engine, messages, arguments.raw));
  cancel_answer = false;
  const auto print = [&](std::string_view piece) {
    if (!arguments.json) std::cout << piece << std::flush;
    return true;
  };
  HANOK_TRY(const Generation out, session.generate(prompt, arguments.sampling, print, &cancel_answer));
  messages.push_back({{"role", "assistant"}, {"content", out.text}});
  if (!arguments.json) {
    std::cout << std::endl;
    return {};
  }
  const Json result = {{"text", out.text},
                       {"ids", out.ids},
                       {"usage", {{"prompt_tokens", out.n_prompt}, {"completion_tokens", out.ids.size()}}},
                       {"timings", {{"prompt_ms", out.prompt_ms}, {"generate_ms", out.generate_ms}}}};
  std::cout << result.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  return {};
}

Status run(const RunArguments& arguments) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, hub.resolve(arguments.model, arguments.pull));
  HANOK_TRY(std::string attached, attach(arguments.files));
  HANOK_TRY(const std::unique_ptr<Engine> engine, Engine::load(model.path, arguments.engine));
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  Session session(*engine);
  Json messages = Json::array();
  if (!arguments.system.empty()) messages.push_back({{"role", "system"}, {"content", arguments.system}});
  std::string text = arguments.prompt;
  const bool chat = isatty(STDIN_FILENO) != 0 && (text.empty() || arguments.interactive);
  if (text.empty() && !chat) text.assign(std::istreambuf_iterator<char>(std::cin), {});
  while (true) {
    if (!text.empty()) {
      messages.push_back(
          {{"role", "user"},
           {"content", attached.empty()
                           ? text
                           : std::string(in_language("다음은 번호를 붙인 문서입니다.\n\n", "The numbered text:\n\n")) +
                                 attached +
                                 in_language("위 문서만 보고 다음 질문에 답하세요. 질문: ",
                                             "Answer from the text above only. Question: ") +
                                 text}});
      attached.clear();
      HANOK_RETURN_IF_ERROR(answer(*engine, session, arguments, messages));
    }
    if (!chat) return {};
    std::cout << "> " << std::flush;
    if (!std::getline(std::cin, text) || text == "/bye") return {};
  }
}

void add_sampling(CLI::App& command, SamplingOptions& sampling) {
  command.add_option("--temperature", sampling.temperature);
  command.add_option("--top-k", sampling.top_k);
  command.add_option("--top-p", sampling.top_p);
  command.add_option("--min-p", sampling.min_p);
  command.add_option("--typical", sampling.typical_p);
  command.add_option("--repetition-penalty", sampling.repetition_penalty);
  command.add_option("--presence-penalty", sampling.presence_penalty);
  command.add_option("--frequency-penalty", sampling.frequency_penalty);
  command.add_option("--seed", sampling.seed);
  command.add_option("--max-tokens", sampling.max_tokens);
  command.add_option("--stop", sampling.stop)->allow_extra_args(false);
  command.add_option("--dry-multiplier", sampling.dry_multiplier);
  command.add_option("--dry-base", sampling.dry_base);
  command.add_option("--dry-allowed-length", sampling.dry_allowed_length);
  command.add_option("--penalty-last-n", sampling.penalty_last_n);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<RunArguments>();
  arguments->pull.on_note = [](const std::string& note) { fmt::print(stderr, "{}\n", note); };
  CLI::App* command = app.add_subcommand("run", in_language("묻고 대화합니다", "answers, or keeps a conversation"));
  command->add_option("MODEL", arguments->model)->required();
  command->add_option("PROMPT", arguments->prompt);
  command->add_option("--system", arguments->system);
  command->add_option("--file", arguments->files)->allow_extra_args(false);
  command->add_flag("--raw", arguments->raw);
  command->add_flag("--json", arguments->json);
  command->add_flag("--interactive", arguments->interactive);
  command->add_flag("--offline", arguments->pull.offline);
  command->add_option("--accept-licence", arguments->pull.accept_licence)->allow_extra_args(false);
  command->add_option("--threads", arguments->engine.n_threads);
  command->add_option("--context", arguments->engine.context);
  const std::map<std::string, KvType> kv = {{"f16", KvType::kF16}, {"q8", KvType::kQ8}};
  command->add_option("--kv", arguments->engine.kv)->transform(CLI::CheckedTransformer(kv));
  add_sampling(*command, arguments->sampling);
  command->callback([arguments, &exit_code] {
    if (const Status status = run(*arguments); !status) exit_code = report(status.error());
  });
}

}  // namespace hanok
