#include "app/index_work.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/output.h"
#include "app/password.h"
#include "app/report.h"
#include "app/terminal.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

Json skipped_json(const std::vector<SkippedFile>& skipped) {
  Json rows = Json::array();
  for (const SkippedFile& s : skipped)
    rows.push_back({{"file", s.path},
                    {"kind", kind_name(s.reason.kind)},
                    {"reason", s.reason.what},
                    {"got", s.reason.got},
                    {"stale", s.is_stale}});
  return rows;
}

Json warnings_json(const std::vector<FileWarnings>& warned) {
  Json rows = Json::array();
  for (const FileWarnings& w : warned) rows.push_back({{"file", w.path}, {"warnings", w.warnings}});
  return rows;
}

void print_warnings(const std::vector<FileWarnings>& warned) {
  if (warned.empty()) return;
  fmt::print(stderr, fmt::runtime(in_language("읽었으나 살펴볼 파일 {}개:\n", "{} files were read with warnings:\n")),
             warned.size());
  for (const FileWarnings& w : warned)
    for (const std::string& warning : w.warnings)
      fmt::print(stderr, "  {}: {}\n", printable(w.path), printable(warning));
}

}  // namespace

Result<std::unique_ptr<IndexWork>> prepare_index(const EmbedderChoice& choice, const std::string& password_file) {
  auto work = std::make_unique<IndexWork>();
  const auto going_on = [&interrupt = work->interrupt] { return !interrupt.interrupted(); };
  HANOK_TRY(work->embedder, open_embedder(choice));
  if (work->embedder) work->maker = vector_maker(*work->embedder, going_on);
  work->options.vectors = work->maker ? &*work->maker : nullptr;
  work->options.going_on = going_on;
  work->options.cancel = work->interrupt.flag();
  work->options.version = HANOK_VERSION;
  work->options.n_threads = choice.n_threads;
  HANOK_TRY(work->options.password, document_password(password_file));
  return work;
}

void print_skipped(const std::vector<SkippedFile>& skipped) {
  if (skipped.empty()) return;
  fmt::print(stderr, fmt::runtime(in_language("읽지 못해 건너뛴 파일 {}개:\n", "{} files were skipped:\n")),
             skipped.size());
  for (const SkippedFile& s : skipped)
    fmt::print(stderr, "  {}: {}{}{}\n", printable(s.path), printable(s.reason.what),
               s.reason.got.empty() ? "" : " (" + printable(s.reason.got) + ")",
               s.is_stale
                   ? in_language(". 앞서 읽은 글은 모음에 남습니다", "; what was read before stays in the collection")
                   : "");
}

void print_report(const IndexReport& report, const Snapshot& snapshot, bool json) {
  if (json) {
    print_json({{"added", report.n_added},
                {"changed", report.n_changed},
                {"removed", report.n_removed},
                {"unchanged", report.n_unchanged},
                {"skipped", skipped_json(report.skipped)},
                {"warnings", warnings_json(report.warned)},
                {"documents", snapshot.n_documents()},
                {"passages", snapshot.n_chunks()},
                {"vectors", snapshot.manifest.dim > 0}});
    return;
  }
  print_skipped(report.skipped);
  print_warnings(report.warned);
  fmt::print(
      fmt::runtime(in_language("새 파일 {}, 바뀐 파일 {}, 없어진 파일 {}, 그대로 {}. 모두 문서 {}개, 대목 {}개\n",
                               "{} added, {} changed, {} gone, {} unchanged; {} documents, {} passages in all\n")),
      report.n_added, report.n_changed, report.n_removed, report.n_unchanged, snapshot.n_documents(),
      snapshot.n_chunks());
}

}  // namespace hanok
