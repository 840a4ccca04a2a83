#include "app/ask.h"

#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "app/input.h"
#include "app/report.h"
#include "app/terminal.h"

namespace hanok {

bool can_ask() {
  return stdin_is_terminal() && stderr_is_terminal();
}

bool ask_yes_no(const std::string& question) {
  for (std::string answer;;) {
    fmt::print(stderr, "{} [{}] ", question, in_language("예: y, 아니요: n", "y/n"));
    std::fflush(stderr);
    if (!wait_for_input(STDIN_FILENO) || !std::getline(std::cin, answer)) {
      fmt::print(stderr, "\n");
      return false;
    }
    for (const char* yes : {"y", "Y", "yes", "예", "네", "ㅛ"})  // ㅛ: the y key with Korean input on
      if (answer == yes) return true;
    for (const char* no : {"n", "N", "no", "아니요", "아니오", "ㅜ"})
      if (answer == no) return false;
  }
}

Status confirm(const std::string& question, bool yes) {
  if (yes) return {};
  if (!can_ask()) {
    return fail(ErrorKind::kRefused, in_language("물어볼 터미널이 없습니다", "there is no terminal to ask on"),
                question, "--yes", "", in_language("--yes를 붙이세요", "add --yes"));
  }
  if (ask_yes_no(question)) return {};
  return fail(ErrorKind::kInterrupted, in_language("그대로 두었습니다", "nothing was changed"));
}

}  // namespace hanok
