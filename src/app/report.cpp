#include "app/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/terminal.h"
#include "base/locale.h"

namespace hanok {
namespace {

struct KindWords {
  const char* name;
  const char* korean;
  const char* english;
};

KindWords words_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput:
      return {"invalid_input", "입력이 잘못되었습니다", "invalid input"};
    case ErrorKind::kCorruptFile:
      return {"corrupt_file", "파일이 깨졌거나 형식에 맞지 않습니다", "broken or malformed file"};
    case ErrorKind::kUnsupported:
      return {"unsupported", "지원하지 않습니다", "not supported"};
    case ErrorKind::kNotFound:
      return {"not_found", "찾을 수 없습니다", "not found"};
    case ErrorKind::kIo:
      return {"io", "읽거나 쓸 수 없습니다", "cannot read or write"};
    case ErrorKind::kNetwork:
      return {"network", "네트워크에서 받지 못했습니다", "network failure"};
    case ErrorKind::kOutOfMemory:
      return {"out_of_memory", "메모리가 모자랍니다", "not enough memory"};
    case ErrorKind::kLimit:
      return {"limit", "한도를 넘었습니다", "over a limit"};
    case ErrorKind::kRefused:
      return {"refused", "허용되지 않았습니다", "refused"};
    case ErrorKind::kInterrupted:
      return {"interrupted", "중단했습니다", "interrupted"};
    case ErrorKind::kPassword:
      return {"password", "암호가 걸려 있습니다", "locked with a password"};
    case ErrorKind::kProtected:
      return {"protected", "보호된 문서입니다", "protected document"};
  }
  return {"unknown", "알 수 없는 오류", "unknown error"};
}

int show(const Error& error, const char* name, const char* headline, int exit_code, bool json) {
  if (json) {
    const nlohmann::ordered_json document = {{"error",
                                              {{"kind", name},
                                               {"message", error.what},
                                               {"where", error.where},
                                               {"expected", error.expected},
                                               {"got", error.got},
                                               {"hint", error.hint},
                                               {"exit_code", exit_code}}}};
    fmt::print("{}\n", document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return exit_code;
  }
  fmt::print(stderr, "hanok: {}: {}\n", headline, printable(error.what));
  const auto line = [](const char* korean, const char* english, const std::string& value) {
    if (!value.empty()) fmt::print(stderr, "  {}: {}\n", in_language(korean, english), printable(value));
  };
  line("위치", "where", error.where);
  line("기대한 것", "expected", error.expected);
  line("실제", "got", error.got);
  line("해결", "hint", error.hint);
  return exit_code;
}

}  // namespace

int exit_code_of(ErrorKind kind) {
  return kind == ErrorKind::kInterrupted ? kExitInterrupted : kExitFirstKind + static_cast<int>(kind);
}

const char* kind_name(ErrorKind kind) {
  return words_of(kind).name;
}

const char* kind_headline(ErrorKind kind) {
  return in_language(words_of(kind).korean, words_of(kind).english);
}

int report(const Error& error, bool json) {
  return show(error, kind_name(error.kind), kind_headline(error.kind), exit_code_of(error.kind), json);
}

int report_usage(const Error& error, bool json) {
  return show(error, "usage", in_language("명령을 잘못 썼습니다", "wrong usage"), kExitUsage, json);
}

}  // namespace hanok
