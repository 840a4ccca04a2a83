#include "app/chat_commands.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include <fmt/format.h>

#include "app/help.h"
#include "app/options.h"
#include "app/report.h"
#include "app/sampling_options.h"
#include "app/terminal.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;
using Run = Result<ChatOutcome> (*)(const std::string& argument, Chat& chat);

struct Command {
  const char* name;
  const char* argument;  // how it is written in the help; empty: none
  Words about;
  Run run;
};

template <class... T>
void say(const Words& words, T&&... values) {
  fmt::print("{}\n", fmt::format(fmt::runtime(words.text()), std::forward<T>(values)...));
}

tl::unexpected<Error> wrong(const Words& what, const std::string& where, const std::string& hint = "") {
  return fail(ErrorKind::kInvalidInput, what.text(), where, "", "", hint);
}

Result<ChatOutcome> show_help(const std::string&, Chat&);

std::string name_of(ThinkChoice choice) {
  for (const auto& [name, value] : think_choices())
    if (value == choice) return name;
  return "";
}

std::vector<std::pair<std::string, std::string>> settings(const Chat& chat) {
  auto all = sampling_values(sampling_now(chat));
  all.emplace_back("think", name_of(chat.think));
  return all;
}

void show_settings(const Chat& chat) {
  Table table({{in_language("이름", "NAME")}, {in_language("값", "VALUE")}});
  for (const auto& [name, value] : settings(chat)) table.add({name, printable(value)});
  fmt::print("{}", table.to_string());
}

Result<ChatOutcome> set_thinking(const std::string& value, Chat& chat) {
  std::string all;
  for (const auto& [name, choice] : think_choices()) {
    all += (all.empty() ? "" : ", ") + name;
    if (name != value) continue;
    chat.think = choice;
    say({"think = {}", "think = {}"}, name);
    note_no_thinking(chat);
    return ChatOutcome::kStay;
  }
  return fail(ErrorKind::kInvalidInput, in_language("값이 맞지 않습니다", "this value does not fit"), "/set think", all,
              value.empty() ? "\"\"" : value);
}

// A value in double quotes may hold \n and other escapes, as in JSON.
Result<std::string> unquoted(const std::string& value) {
  if (!value.starts_with('"')) return value;
  const Json json = Json::parse(value, nullptr, false);
  if (!json.is_string()) return wrong({"따옴표가 맞지 않습니다", "the quotes do not fit"}, value);
  return json.get<std::string>();
}

// Of these an empty value takes away what was there.
bool is_list(const std::string& name) {
  return name == "stop" || name == "dry-breaker" || name == "logit-bias";
}

Result<ChatOutcome> change_sampling(const std::string& name, const std::string& value, Chat& chat) {
  const std::string where = "/set " + name;
  if (value.empty() && !is_list(name))
    return wrong({"값이 없습니다", "its value is missing"}, where, fmt::format("/set {} N", name));
  HANOK_TRY(const std::string plain, unquoted(value));
  SamplingOptions changed = chat.sampling;
  Status done = set_sampling(name, plain, changed);
  if (done) done = check_sampling(changed, chat.engine.info().vocab);
  if (!done) {
    done.error().where = where;
    return tl::unexpected(done.error());
  }
  chat.sampling = std::move(changed);
  chat.is_drawing_chosen = chat.is_drawing_chosen || tells_how_to_draw(name);
  for (const auto& [key, now] : sampling_values(chat.sampling))
    if (key == name) say({"{} = {}", "{} = {}"}, name, printable(now));
  return ChatOutcome::kStay;
}

Result<ChatOutcome> set(const std::string& argument, Chat& chat) {
  if (argument.empty()) {
    show_settings(chat);
    return ChatOutcome::kStay;
  }
  const size_t space = std::min(argument.find_first_of(" =\t"), argument.size());
  std::string name = argument.substr(0, space);
  name.erase(0, name.find_first_not_of('-'));
  std::replace(name.begin(), name.end(), '_', '-');
  const size_t begin = argument.find_first_not_of(" =\t", space);
  const std::string value = begin == std::string::npos ? "" : argument.substr(begin);
  for (const char* fixed : {"context", "kv", "threads", "precision"}) {
    if (name != fixed) continue;
    return wrong({"대화 중에는 바꿀 수 없습니다", "cannot be changed in a running chat"}, "/set " + name,
                 fmt::format(fmt::runtime(in_language("/save로 저장하고 --{} 옵션으로 다시 시작하세요",
                                                      "/save the chat and start again with --{}")),
                             name));
  }
  if (name == "think") return set_thinking(value, chat);
  std::vector<std::string> names;
  for (const auto& [known, now] : settings(chat)) names.push_back(known);
  if (std::find(names.begin(), names.end(), name) == names.end())
    return wrong({"모르는 설정입니다", "unknown setting"}, "/set " + name, did_you_mean(nearest(name, names), "/set"));
  return change_sampling(name, value, chat);
}

Result<ChatOutcome> set_system(const std::string& argument, Chat& chat) {
  std::string& system = chat.conversation.system;
  if (argument.empty() && system.empty()) {
    say({"시스템 글이 없습니다", "there is no system text"});
  } else if (argument.empty()) {
    fmt::print("{}\n", printable_lines(system));
  } else {
    HANOK_TRY(system, unquoted(argument));
    say(system.empty() ? Words{"시스템 글을 지웠습니다", "the system text is gone"}
                       : Words{"시스템 글을 바꿨습니다", "the system text is set"});
  }
  return ChatOutcome::kStay;
}

// A path as typed: quotes around it go, ~ is the home folder.
std::string path_of(std::string argument) {
  const char quote = argument.empty() ? '\0' : argument.front();
  if (argument.size() > 1 && (quote == '"' || quote == '\'') && argument.back() == quote)
    argument = argument.substr(1, argument.size() - 2);
  const char* home = std::getenv("HOME");
  if (home != nullptr && (argument == "~" || argument.starts_with("~/"))) argument.replace(0, 1, home);
  if (argument == "-") argument = "./-";  // standard input is the chat itself
  return argument;
}

Result<ChatOutcome> attach(const std::string& argument, Chat& chat) {
  HANOK_TRY(Attachment file, read_attachment(path_of(argument)));
  say({"붙였습니다: {} (문단 {}개)", "attached: {} ({} paragraphs)"}, printable(file.name),
      paragraphs_of(file.text).size());
  chat.conversation.files.push_back(std::move(file));
  return ChatOutcome::kStay;
}

Result<ChatOutcome> clear(const std::string&, Chat& chat) {
  chat.conversation.turns.clear();
  chat.conversation.files.clear();
  say({"대화와 붙인 파일을 잊었습니다", "the conversation and its files are forgotten"});
  return ChatOutcome::kStay;
}

Result<ChatOutcome> save_over(const std::string& argument, Chat& chat) {
  const std::string path = path_of(argument);
  HANOK_RETURN_IF_ERROR(save_conversation(path, chat.conversation, chat.model_name));
  say({"저장했습니다: {}", "saved: {}"}, printable(path));
  return ChatOutcome::kStay;
}

Result<ChatOutcome> save(const std::string& argument, Chat& chat) {
  const std::string path = path_of(argument);
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !load_conversation(path)) {
    return fail(
        ErrorKind::kRefused,
        in_language("저장된 대화가 아닌 파일이 있습니다", "there is a file that is not a saved chat"), path, "", "",
        fmt::format(fmt::runtime(in_language("/save! {} 는 그것을 갈아 씁니다", "/save! {} replaces it")), path));
  }
  return save_over(argument, chat);
}

Result<ChatOutcome> load(const std::string& argument, Chat& chat) {
  HANOK_TRY(chat.conversation, load_conversation(path_of(argument)));
  say({"불러왔습니다: 질문과 답 {}개, 파일 {}개", "loaded: {} turns, {} files"}, chat.conversation.turns.size(),
      chat.conversation.files.size());
  return ChatOutcome::kStay;
}

Result<ChatOutcome> leave(const std::string&, Chat&) {
  return ChatOutcome::kLeave;
}

const std::array<Command, 9> kCommands = {
    {{"/help", "", {"이 도움말", "this help"}, show_help},
     {"/set",
      "[NAME VALUE]",
      {"설정을 보거나 바꿉니다: temperature, top-p, seed, max-tokens, think …",
       "shows or changes settings: temperature, top-p, seed, max-tokens, think …"},
      set},
     {"/system",
      "[TEXT]",
      {"시스템 글을 보거나 바꿉니다. \"\"는 지움", "shows or sets the system text; \"\" removes it"},
      set_system},
     {"/file", "PATH", {"글 파일을 대화에 붙입니다", "attaches a text file to the conversation"}, attach},
     {"/clear", "", {"대화와 붙인 파일을 잊습니다", "forgets the conversation and its files"}, clear},
     {"/save",
      "FILE",
      {"대화를 파일에 저장합니다. 있는 파일은 저장된 대화일 때만 갈아 씁니다",
       "saves the conversation; replaces a file only where that is a saved chat"},
      save},
     {"/save!", "FILE", {"있는 파일이 무엇이든 갈아 씁니다", "the same, whatever the file was"}, save_over},
     {"/load", "FILE", {"저장한 대화를 불러옵니다", "loads a saved conversation"}, load},
     {"/bye", "", {"끝냅니다 (Ctrl-D도 됨)", "leaves, as Ctrl-D does"}, leave}}};

Result<ChatOutcome> show_help(const std::string&, Chat&) {
  constexpr size_t kNameColumns = 22;
  for (const Command& command : kCommands)
    fmt::print("  {}{}\n", pad(fmt::format("{} {}", command.name, command.argument), kNameColumns),
               command.about.text());
  say({"\n  여러 줄: 줄 끝에 \\를 쓰거나 \"\"\"로 묶습니다. Ctrl-C는 답을 멈춥니다.",
       "\n  Several lines: end a line in \\ or put \"\"\" around them. Ctrl-C stops an answer."});
  return ChatOutcome::kStay;
}

}  // namespace

bool is_chat_command(const std::string& message) {
  if (!message.starts_with('/') || message.find('\n') != std::string::npos) return false;
  const std::string word = message.substr(1, message.find_first_of(" \t") - 1);
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](unsigned char c) { return std::isalpha(c) != 0 || c == '?' || c == '!'; });
}

Result<ChatOutcome> run_chat_command(const std::string& message, Chat& chat) {
  const size_t space = std::min(message.find_first_of(" \t"), message.size());
  std::string name = message.substr(0, space);
  const size_t begin = message.find_first_not_of(" \t", space);
  std::string argument = begin == std::string::npos ? "" : message.substr(begin);
  argument.erase(argument.find_last_not_of(" \t") + 1);
  if (name == "/exit" || name == "/quit") name = "/bye";
  if (name == "/?") name = "/help";
  std::vector<std::string> names;
  for (const Command& command : kCommands) {
    names.emplace_back(command.name);
    if (name != command.name) continue;
    const std::string wanted = command.argument;
    if (argument.empty() && !wanted.empty() && !wanted.starts_with('['))
      return wrong({"빠진 것이 있습니다", "something is missing"}, name, name + " " + wanted);
    if (!argument.empty() && wanted.empty())
      return wrong({"인자를 받지 않는 명령입니다", "this command takes no argument"}, name);
    return command.run(argument, chat);
  }
  return wrong({"모르는 명령입니다", "unknown command"}, name, did_you_mean(nearest(name, names), "/help"));
}

}  // namespace hanok
