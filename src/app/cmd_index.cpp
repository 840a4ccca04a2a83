// The command index: collections of documents that can be searched.
#include <algorithm>
#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/ask.h"
#include "app/collections.h"
#include "app/commands.h"
#include "app/file_name.h"
#include "app/index_list.h"
#include "app/index_watch.h"
#include "app/index_work.h"
#include "app/options.h"
#include "app/output.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "base/disk.h"
#include "search/filter.h"
#include "search/indexer.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct IndexArguments {
  std::string collection, path, password_file;
  std::vector<std::string> paths;
  EmbedderChoice embedder;
  bool json = false, yes = false;
};

// The bar of `index add`: bytes of files, with passages and their rate beside it; then the vectors and graphs that are
// made up for.
class IndexBar {
 public:
  void show(const IndexProgress& p) {
    if (p.total == 0 && p.step != IndexProgress::Step::kReading) {
      files_.erase();
      parts_.show(label_of(p.step), p.part_done, p.part_total);
      return;
    }
    const std::string name = fs::path(p.file).filename().string();
    files_.show(in_language("색인하는 중", "indexing"), p.done, p.total, detail_of(p), name);
  }
  void erase() {
    files_.erase();
    parts_.erase();
  }

 private:
  static std::string label_of(IndexProgress::Step step) {
    return step == IndexProgress::Step::kGraph ? in_language("벡터를 잇는 중", "linking vectors")
                                               : in_language("벡터를 만드는 중", "making vectors");
  }
  std::string detail_of(const IndexProgress& p) const {
    if (p.step == IndexProgress::Step::kRecognising)
      return fmt::format(
          fmt::runtime(in_language("그림에서 글자를 알아보는 중 {}/{}쪽", "recognising text in pictures, page {}/{}")),
          p.part_done + 1, p.part_total);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    return fmt::format(fmt::runtime(in_language("대목 {}개, {:.0f}/초", "{} passages, {:.0f}/s")), p.n_chunks,
                       static_cast<double>(p.n_chunks) / std::max(0.001, seconds.count()));
  }

  Progress files_{Progress::Unit::kBytes}, parts_{Progress::Unit::kSteps};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void note_lexical_only() {
  fmt::print(
      stderr, "{}\n",
      in_language("벡터 모델이 없어 낱말로만 색인합니다. 'hanok pull embedder' 뒤에 다시 add하면 벡터가 더해집니다",
                  "no model for vectors: words alone are indexed; 'hanok pull embedder' and another add make up "
                  "for it"));
}

// The path as it is in the index, though it may be gone.
fs::path indexed_path(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path), real = fs::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : real;
}

// Whether the path was added by its own name.
bool is_source(const fs::path& folder, const fs::path& path) {
  const auto snapshot = open_snapshot(folder);
  return snapshot && std::any_of(snapshot->manifest.sources.begin(), snapshot->manifest.sources.end(),
                                 [&](const IndexSource& source) { return source.path == path; });
}

// Absolute paths; a source may be gone.
Result<std::vector<fs::path>> real_paths(const std::vector<std::string>& paths, const fs::path& folder) {
  std::vector<fs::path> out;
  for (const std::string& path : paths) {
    auto real = real_path(existing_path(path).string());
    if (!real && real.error().kind == ErrorKind::kNotFound && is_source(folder, indexed_path(path)))
      real = indexed_path(path);
    if (!real) return fail(real.error());
    out.push_back(std::move(*real));
  }
  return out;
}

Error stopped(const IndexReport& report) {
  return {ErrorKind::kInterrupted,
          in_language("멈췄습니다", "stopped"),
          "",
          "",
          fmt::format(fmt::runtime(in_language("파일 {}개까지 색인함", "{} files indexed so far")),
                      report.n_added + report.n_changed),
          in_language("같은 명령을 다시 내리면 이어집니다", "run the same command again: it continues")};
}

Status add(const IndexArguments& a) {
  HANOK_TRY(const fs::path folder, collection_folder(a.collection));
  HANOK_TRY(const std::vector<fs::path> paths, real_paths(a.paths, folder));
  HANOK_TRY(const std::unique_ptr<IndexWork> work, prepare_index(a.embedder, a.password_file));
  HANOK_TRY(CollectionWriter writer, CollectionWriter::open(folder));
  if (!work->embedder && !a.embedder.no_vectors && !a.json) note_lexical_only();
  IndexBar bar;
  work->options.on_progress = [&bar](const IndexProgress& p) { bar.show(p); };
  HANOK_TRY(Indexer indexer, Indexer::open(writer, work->options));
  IndexReport report;
  Status done;
  for (const fs::path& path : paths) indexer.include(path);
  for (const fs::path& path : paths)
    if (done) done = indexer.update(path, report);
  if (done) done = indexer.tidy();
  bar.erase();
  if (!done && !a.json) print_skipped(report.skipped);
  if (!done) return done.error().kind == ErrorKind::kInterrupted ? fail(stopped(report)) : done;
  print_report(report, writer.snapshot(), a.json);
  return {};
}

// Also one that is broken or that a newer hanok made: nothing of it is read but for the report.
Status remove_all(const IndexArguments& a, const fs::path& folder) {
  std::error_code error;
  const Result<Snapshot> snapshot = open_snapshot(folder);
  if (!snapshot && !fs::is_directory(folder, error)) return fail(snapshot.error());
  HANOK_RETURN_IF_ERROR(
      confirm(fmt::format(fmt::runtime(in_language("'{}' 모음을 지울까요? 문서 파일은 그대로 남습니다",
                                                   "Remove the collection '{}'? The documents themselves stay")),
                          printable(a.collection)),
              a.yes));
  HANOK_RETURN_IF_ERROR(remove_collection(folder));
  if (a.json)
    print_json({{"removed_documents", snapshot ? Json(snapshot->n_documents()) : Json(nullptr)},
                {"removed_bytes", snapshot ? Json(snapshot->n_bytes()) : Json(nullptr)}});
  return {};
}

Status remove(const IndexArguments& a) {
  HANOK_TRY(const fs::path folder, collection_folder(a.collection));
  if (a.path.empty()) return remove_all(a, folder);
  HANOK_TRY(CollectionWriter writer, CollectionWriter::open(folder, CollectionWriter::Missing::kError));
  HANOK_TRY(Indexer indexer, Indexer::open(writer, {}));
  std::string path = indexed_path(existing_path(a.path).string()).string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  path = path_as_indexed(writer.snapshot(), path);
  HANOK_TRY(const uint64_t n_removed, indexer.remove(path));
  const bool is_excluded = writer.snapshot().manifest.is_excluded(path);
  if (a.json) {
    print_json(
        {{"removed_documents", n_removed}, {"documents", writer.snapshot().n_documents()}, {"excluded", is_excluded}});
    return {};
  }
  fmt::print(fmt::runtime(in_language("문서 {}개를 지웠습니다\n", "{} documents removed\n")), n_removed);
  if (is_excluded)
    fmt::print(fmt::runtime(in_language("앞으로도 넣지 않습니다. 'hanok index add {} {}'를 하면 다시 넣습니다\n",
                                        "it will not be taken again, unless by 'hanok index add {} {}'\n")),
               printable(a.collection), printable(path));
  return {};
}

Status compact(const IndexArguments& a) {
  HANOK_TRY(const fs::path folder, collection_folder(a.collection));
  HANOK_TRY(const Snapshot before, open_snapshot(folder));
  HANOK_TRY(const std::unique_ptr<IndexWork> work, prepare_index(a.embedder, a.password_file));
  HANOK_TRY(CollectionWriter writer, CollectionWriter::open(folder, CollectionWriter::Missing::kError));
  IndexBar bar;
  work->options.on_progress = [&bar](const IndexProgress& p) { bar.show(p); };
  HANOK_TRY(Indexer indexer, Indexer::open(writer, work->options));
  const Status done = indexer.compact();
  bar.erase();
  HANOK_RETURN_IF_ERROR(done);
  const uint64_t n_before = before.n_bytes(), n_after = writer.snapshot().n_bytes();
  if (a.json) {
    print_json({{"bytes_before", n_before}, {"bytes", n_after}});
  } else {
    fmt::print("{} → {}\n", human_bytes(n_before), human_bytes(n_after));
  }
  return {};
}

Status list(const IndexArguments& a) {
  if (a.collection.empty()) return list_collections_with_counts(a.json);
  HANOK_TRY(const fs::path folder, collection_folder(a.collection));
  return list_documents(folder, a.json);
}

Status watch(const IndexArguments& a) {
  HANOK_TRY(const std::unique_ptr<IndexWork> work, prepare_index(a.embedder, a.password_file));
  return watch_collection(a.collection, *work, a.json);
}

void add_collection(CLI::App& command, std::string& name, bool required) {
  add_positional(command, "COLLECTION", name, required, {"모음의 이름", "the collection's name"});
}

void add_password_file(CLI::App& command, std::string& file) {
  add_text(command, "--password-file", file, "FILE",
           {"첫 줄에 잠긴 문서들의 암호가 있는 파일. -는 표준 입력. 없으면 HANOK_DOCUMENT_PASSWORD",
            "a file with the password of locked documents on its first line; - is standard input; without it "
            "HANOK_DOCUMENT_PASSWORD counts"});
}

}  // namespace

void add_index(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<IndexArguments>();
  CLI::App& index =
      add_command(app, "index", {"문서를 모아 찾을 수 있게 합니다", "makes documents searchable, as collections"},
                  {"hanok index add 규정 ~/문서/규정\nhanok index list\nhanok index rm 규정",
                   "hanok index add rules ~/documents/rules\nhanok index list\nhanok index rm rules"});
  index.require_subcommand(1);
  CLI::App& adding =
      add_command(index, "add",
                  {"파일과 폴더를 모음에 넣고, 바뀐 것을 따라잡습니다",
                   "puts files and folders into a collection, and catches up with what changed in them"},
                  {"hanok index add 규정 ~/문서/규정\nhanok index add 규정 공고.hwp --no-vectors",
                   "hanok index add rules ~/documents/rules\nhanok index add rules notice.hwp --no-vectors"});
  add_collection(adding, a->collection, true);
  adding.add_option("PATH", a->paths)
      ->type_name("")
      ->required()
      ->description(Words{"파일이나 폴더", "files and folders"}.text());
  add_password_file(adding, a->password_file);
  add_embedder_options(adding, a->embedder);
  add_json(adding, a->json);
  on_run(adding, exit_code, a->json, [a] { return add(*a); });

  CLI::App& listing = add_command(
      index, "list", {"모음들, 또는 한 모음의 문서를 보입니다", "shows the collections, or the documents of one"},
      {"hanok index list\nhanok index list 규정", "hanok index list\nhanok index list rules"});
  add_collection(listing, a->collection, false);
  add_json(listing, a->json);
  on_run(listing, exit_code, a->json, [a] { return list(*a); });

  CLI::App& removing = add_command(index, "rm",
                                   {"모음을, 또는 그 안의 파일이나 폴더를 지웁니다. 문서 파일은 그대로 남습니다",
                                    "removes a collection, or a file or folder from it; the documents themselves stay"},
                                   {"hanok index rm 규정 ~/문서/규정/옛날\nhanok index rm 규정 --yes",
                                    "hanok index rm rules ~/documents/rules/old\nhanok index rm rules --yes"});
  add_collection(removing, a->collection, true);
  add_positional(removing, "PATH", a->path, false, {"지울 파일이나 폴더", "the file or folder to remove"});
  add_flag(removing, "--yes", a->yes, {"묻지 않고 지웁니다", "does not ask"});
  add_json(removing, a->json);
  on_run(removing, exit_code, a->json, [a] { return remove(*a); });

  CLI::App& compacting = add_command(
      index, "compact",
      {"지운 문서와 없어진 파일의 글을 디스크에서도 지우고 작은 조각을 합칩니다",
       "takes the text of removed documents and of files that are gone off the disk, and merges small parts"},
      {"hanok index compact 규정", "hanok index compact rules"});
  add_collection(compacting, a->collection, true);
  add_embedder_options(compacting, a->embedder);
  add_json(compacting, a->json);
  on_run(compacting, exit_code, a->json, [a] { return compact(*a); });

  CLI::App& watching = add_command(
      index, "watch",
      {"모음의 폴더를 지켜보며 바뀔 때마다 따라잡습니다", "watches a collection's folders and follows them"},
      {"hanok index watch 규정", "hanok index watch rules"});
  add_collection(watching, a->collection, true);
  add_password_file(watching, a->password_file);
  add_embedder_options(watching, a->embedder);
  add_json(watching, a->json);
  on_run(watching, exit_code, a->json, [a] { return watch(*a); });
}

}  // namespace hanok
