// The command read: a document's text and tables, with pages.
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/options.h"
#include "app/terminal.h"
#include "documents/reader.h"
#include "documents/render.h"

namespace hanok {
namespace {

struct ReadArguments {
  std::string file, password;
  bool has_password = false;
  bool text = false, markdown = false, json = false;
};

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Status read(const ReadArguments& a) {
  ReadOptions options;
  if (a.has_password) options.password = a.password;
  HANOK_TRY(const ReadDocument document, read_document(a.file, options));
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
                  {"문서(HWP, HWPX, DOCX, 글)의 글과 표를 쪽 번호와 함께 읽습니다. 본 제품은 한글과컴퓨터의 한글 문서 "
                   "파일(.hwp) 공개 문서를 참고하여 개발하였습니다.",
                   "reads the text and tables of a document (HWP, HWPX, DOCX, text) with its pages. 본 제품은 "
                   "한글과컴퓨터의 한글 문서 파일(.hwp) 공개 문서를 참고하여 개발하였습니다."},
                  {"hanok read 공문.hwp\nhanok read 공고.hwpx --markdown\nhanok read 공문.hwp --json",
                   "hanok read letter.hwp\nhanok read notice.hwpx --markdown\nhanok read letter.hwp --json"});
  add_positional(command, "FILE", a->file, true, {"읽을 문서", "the document"});
  CLI::Option* text = add_flag(command, "--text", a->text, {"글만 씁니다(기본)", "plain text, the default"});
  CLI::Option* markdown = add_flag(command, "--markdown", a->markdown,
                                   {"제목과 표를 Markdown으로 씁니다", "Markdown with headings and tables"});
  CLI::Option* password = add_text(command, "--password", a->password, "TEXT",
                                   {"문서의 암호. 다른 사용자에게 보일 수 있습니다",
                                    "the document's password; other users of the machine may see it"});
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
