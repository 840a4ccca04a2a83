#include "app/pull_display.h"

#include <memory>

#include <fmt/format.h>

#include "app/ask.h"
#include "app/progress.h"
#include "app/report.h"
#include "app/signals.h"
#include "app/terminal.h"

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

Result<ResolvedModel> resolve_model(const Hub& hub, const std::string& model, const PullOptions& options) {
  const InterruptScope interrupt;
  PullOptions stoppable = options;
  stoppable.cancel = interrupt.flag();
  return hub.resolve(model, stoppable);
}

}  // namespace hanok
