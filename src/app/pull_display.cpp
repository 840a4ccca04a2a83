#include "app/pull_display.h"

#include <memory>

#include <fmt/format.h>

#include "app/ask.h"
#include "app/progress.h"
#include "app/report.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "convert/package_file.h"

namespace hanok {
namespace {

bool ask_licence(const std::string& model, const CatalogueLicence& licence) {
  const bool forbids = licence.kind == LicenceKind::kNonCommercial;
  fmt::print(stderr, "{}: {}\n", model, licence.name);
  fmt::print(stderr, "  {}\n",
             forbids ? in_language("상업적 이용을 금지하는 라이선스입니다.", "This licence forbids commercial use.")
                     : in_language("별도 조건이 있는 라이선스입니다.", "This licence has terms of its own."));
  const std::string& summary =
      in_language("ko", "en") == std::string_view("ko") ? licence.summary_ko : licence.summary_en;
  for (const std::string& line : wrap(summary, 76))
    if (!line.empty()) fmt::print(stderr, "  {}\n", line);
  if (!licence.url.empty()) fmt::print(stderr, "  {}\n", licence.url);
  return ask_yes_no(in_language("동의합니까?", "Do you accept it?"));
}

}  // namespace

void show_pull(PullOptions& options) {
  const auto progress = std::make_shared<Progress>(Progress::Unit::kBytes);
  options.language = user_language();
  options.convert = convert_package_file;
  options.on_note = [progress](const std::string& note) {
    progress->finish();
    fmt::print(stderr, "{}\n", printable(note));
  };
  options.on_progress = [progress](const PullProgress& p) {
    const std::string item = p.item == "verify" ? in_language("확인하는 중", "verifying") : std::string(p.item);
    progress->show(p.model, p.done_bytes, p.total_bytes, item);
    if (p.item == "verify") progress->finish();
  };
  if (!can_ask()) return;
  options.ask_licence = [progress](const std::string& model, const CatalogueLicence& licence) {
    progress->finish();
    return ask_licence(model, licence);
  };
}

void ask_about_unsupported(PullOptions& options) {
  if (!can_ask()) return;
  options.ask_unsupported = [](const CatalogueEntry& entry) {
    fmt::print(stderr,
               fmt::runtime(in_language("{}: 이 판에서는 실행할 수 없는 모델입니다 (계열 {})\n",
                                        "{}: this version cannot run this model (family {})\n")),
               entry.name, entry.family);
    return ask_yes_no(in_language("그래도 받을까요?", "Get it all the same?"));
  };
}

void note_catalogue_error(const Hub& hub) {
  if (!hub.catalogue_error()) return;
  fmt::print(stderr, "{}: {}\n", in_language("내 목록을 빼고 합니다", "going on without your catalogue"),
             printable(hub.catalogue_error()->to_string()));
}

Result<ResolvedModel> resolve_model(const Hub& hub, const std::string& model, const PullOptions& options) {
  const InterruptScope interrupt;
  PullOptions stoppable = options;
  stoppable.cancel = interrupt.flag();
  if (hub.describe(model)) note_catalogue_error(hub);  // before anything is fetched; else it is the error itself
  return hub.resolve(model, stoppable);
}

}  // namespace hanok
