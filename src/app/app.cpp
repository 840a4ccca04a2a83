#include "app/app.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <langinfo.h>
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/help.h"
#include "app/options.h"
#include "app/report.h"
#include "app/signals.h"

namespace hanok {
namespace {

constexpr Words kFooter = {
    R"(처음이라면:
  hanok run default "세종대왕은 누구인가요?"
  hanok list --all

환경 변수:
  HANOK_LANG                ko 또는 en. 없으면 LC_ALL, LC_MESSAGES, LANG 순으로 봅니다
  HANOK_ISA                 portable, avx2, avxvnni, avx512, avx512bf16 가운데 하나로 고정합니다
  XDG_DATA_HOME             모델과 문서 모음을 두는 곳 [기본 ~/.local/share]
  XDG_CONFIG_HOME           hanok/catalogue.json을 찾는 곳 [기본 ~/.config]
  XDG_STATE_HOME            대화에서 친 글을 적어 두는 곳 [기본 ~/.local/state]
  NO_COLOR                  비어 있지 않으면 색을 쓰지 않습니다

끝날 때의 값: 0 잘됨, 2 명령이 틀림, 3 입력, 4 깨진 파일, 5 지원하지 않음, 6 없음, 7 읽기·쓰기, 8 네트워크,
  9 메모리, 10 한도, 11 거부, 13 암호, 14 보호된 문서, 130 Ctrl-C, 141 출력을 읽던 쪽이 먼저 끝남, 143 SIGTERM)",
    R"(To begin:
  hanok run default "Who was King Sejong?"
  hanok list --all

Environment:
  HANOK_LANG                ko or en; else LC_ALL, LC_MESSAGES and LANG are looked at
  HANOK_ISA                 fixes the instruction set: portable, avx2, avxvnni, avx512 or avx512bf16
  XDG_DATA_HOME             where models and collections are kept [default ~/.local/share]
  XDG_CONFIG_HOME           where hanok/catalogue.json is looked for [default ~/.config]
  XDG_STATE_HOME            where the lines typed in a chat are kept [default ~/.local/state]
  NO_COLOR                  no colours when it is not empty

Exit codes: 0 done, 2 wrong usage, 3 invalid input, 4 broken file, 5 not supported, 6 not found, 7 reading or writing,
  8 network, 9 memory, 10 limit, 11 refused, 13 password, 14 protected document, 130 Ctrl-C, 141 the reader of the output went away, 143 SIGTERM)"};

bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--json") == 0) return true;
  return false;
}

// Null where there is no such command.
const CLI::App* find_command(const CLI::App& app, const char* name) {
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command->get_name() == name) return command;
  return nullptr;
}

// Characters are UTF-8 whatever the user's locale says: Hangul is read, measured and edited the same in C and POSIX.
void use_utf8() {
  if (std::setlocale(LC_CTYPE, "") != nullptr && std::string_view(nl_langinfo(CODESET)) == "UTF-8") return;
  std::setlocale(LC_CTYPE, "C.UTF-8");
}

// What was printed may still fail to reach its file.
int close_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  return report(Error{ErrorKind::kIo, in_language("결과를 쓰지 못했습니다", "the output could not be written"),
                      in_language("표준 출력", "standard output"), "", std::strerror(errno), ""});
}

// "--stop=" with nothing behind it becomes "--stop" and an empty text: CLI11 would take the next argument for the
// value. In CLI11's order, from the back.
std::vector<std::string> words_from_the_back(const CLI::App& app, int argc, char** argv) {
  const CLI::App* command = argc > 1 ? find_command(app, argv[1]) : nullptr;
  if (const CLI::App* inner = command != nullptr && argc > 2 ? find_command(*command, argv[2]) : nullptr)
    command = inner;
  std::vector<std::string> words;
  bool are_options_over = false;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    are_options_over = are_options_over || word == "--";
    const bool is_cut = !are_options_over && command != nullptr && word.starts_with("--") && word.ends_with('=');
    if (is_cut) word.pop_back();
    const CLI::Option* option = is_cut ? command->get_option_no_throw(word) : nullptr;
    const bool takes_value = option != nullptr && option->get_items_expected_min() > 0;
    words.push_back(is_cut && !takes_value ? word + "=" : word);
    if (takes_value) words.emplace_back();
  }
  std::reverse(words.begin(), words.end());
  return words;
}

}  // namespace

int app_main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the user's file size limit fails as on a full disk
  use_utf8();
  end_quietly_on_broken_pipe();
  CLI::App app(in_language("한국의 공개 언어 모델을 CPU에서 돌립니다", "Runs Korea's open language models on the CPU"),
               "hanok");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", in_language("이 도움말을 보입니다", "shows this help"));
  app.set_version_flag("--version", "hanok " HANOK_VERSION, in_language("판을 보입니다", "shows the version"));
  app.require_subcommand(1);
  int exit_code = 0;
  add_run(app, exit_code);
  add_models(app, exit_code);
  add_show(app, exit_code);
  add_cache(app, exit_code);
  add_tokenize(app, exit_code);
  add_perplexity(app, exit_code);
  add_bench(app, exit_code);
  add_quantize(app, exit_code);
  add_embed(app, exit_code);
  add_read(app, exit_code);
  add_index(app, exit_code);
  add_search(app, exit_code);
  app.footer(kFooter.text());  // after the commands, which would inherit it
  if (argc > 1 && argv[1][0] != '-' && find_command(app, argv[1]) == nullptr)
    return report_usage(unknown_command(app, argv[1]), wants_json(argc, argv));
  try {
    app.parse(words_from_the_back(app, argc, argv));
  } catch (const CLI::Success& help_or_version) {
    const int code = app.exit(help_or_version);
    return code != 0 ? code : close_output();
  } catch (const CLI::ParseError& error) {
    return report_usage(usage_error(app, error), wants_json(argc, argv));
  }
  return exit_code != 0 ? exit_code : close_output();
}

}  // namespace hanok
