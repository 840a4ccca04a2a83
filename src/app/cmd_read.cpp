// The command read: a document's text and tables, with pages.
#include <cstdio>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/file_name.h"
#include "app/options.h"
#include "app/password.h"
#include "app/progress.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "documents/reader.h"
#include "documents/render.h"

namespace hanok {
namespace {

struct ReadArguments {
  std::string file, password, password_file;
  bool has_password = false;
  bool text = false, markdown = false, json = false;
};

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// The document; where nobody gave a password, a terminal is asked for it, three times at most.
Result<ReadDocument> read_asking(const ReadArguments& a, const std::filesystem::path& path) {
  constexpr int kMaxQuestions = 3;
  const InterruptScope interrupt;
  Progress progress(Progress::Unit::kSteps);
  ReadOptions options;
  options.cancel = interrupt.flag();
  options.on_recognised = [&](int done, int total) {
    progress.show(in_language("그림에서 글자를 알아보는 중", "recognising text in pictures"),
                  static_cast<uint64_t>(done), static_cast<uint64_t>(total));
  };
  options.password = a.password;
  if (!a.has_password) {
    HANOK_TRY(options.password, document_password(a.password_file));
  }
  const bool asks = !options.password && can_ask_password();
  auto document = read_document(path, options);
  for (int i = 0; asks && i < kMaxQuestions && !document && document.error().kind == ErrorKind::kPassword; ++i) {
    if (i > 0) fmt::print(stderr, "hanok: {}\n", printable(document.error().what));
    HANOK_TRY(options.password, ask_password(fmt::format(fmt::runtime(in_language("{}의 암호: ", "password of {}: ")),
                                                         printable(path.filename().string()))));
    document = read_document(path, options);
  }
  return document;
}

Status read(const ReadArguments& a) {
  HANOK_TRY(const ReadDocument document, read_asking(a, existing_path(a.file)));
  if (a.json) {
    write(render_json(document) + "\n");
    return {};
  }
  for (const std::string& warning : document.warnings) fmt::print(stderr, "hanok: {}\n", printable(warning));
  write(a.markdown ? render_markdown(document) : document.text);
  return {};
}

}  // namespace

void add_read(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<ReadArguments>();
  CLI::App& command =
      add_command(app, "read",
                  {"문서(HWP, HWPX, PDF, Office, ODT, EPUB, HTML, EML, 글)의 글과 표를 쪽 번호와 함께 읽습니다. 본 "
                   "제품은 한글과컴퓨터의 한글 문서 "
                   "파일(.hwp) 공개 문서를 참고하여 개발하였습니다.",
                   "reads the text and tables of a document (HWP, HWPX, PDF, Office, ODT, EPUB, HTML, EML, text) with "
                   "its pages. 본 제품은 "
                   "한글과컴퓨터의 한글 문서 파일(.hwp) 공개 문서를 참고하여 개발하였습니다."},
                  {"hanok read 공문.hwp\nhanok read 공고.hwpx --markdown\nhanok read 공문.hwp --json",
                   "hanok read letter.hwp\nhanok read notice.hwpx --markdown\nhanok read letter.hwp --json"});
  add_positional(command, "FILE", a->file, true, {"읽을 문서", "the document"});
  CLI::Option* text = add_flag(command, "--text", a->text, {"글만 씁니다(기본)", "plain text, the default"});
  CLI::Option* markdown = add_flag(command, "--markdown", a->markdown,
                                   {"제목과 표를 Markdown으로 씁니다", "Markdown with headings and tables"});
  CLI::Option* password =
      add_text(command, "--password", a->password, "TEXT",
               {"문서의 암호. 다른 사용자에게 보일 수 있습니다. 없으면 HANOK_DOCUMENT_PASSWORD, 그것도 "
                "없으면 터미널에서 묻습니다",
                "the document's password, which other users of the machine may see; without it "
                "HANOK_DOCUMENT_PASSWORD counts, else the terminal is asked"});
  add_text(command, "--password-file", a->password_file, "FILE",
           {"첫 줄에 문서의 암호가 있는 파일. -는 표준 입력",
            "a file with the document's password on its first line; - is standard input"})
      ->excludes(password);
  add_json(command, a->json);
  CLI::Option* json = command.get_option("--json");
  text->excludes(markdown)->excludes(json);
  markdown->excludes(json);
  on_run(command, exit_code, a->json, [a, password] {
    a->has_password = password->count() > 0;
    return read(*a);
  });
}

}  // namespace hanok
