// The command index: collections of documents that can be searched.
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/ask.h"
#include "app/collections.h"
#include "app/commands.h"
#include "app/file_name.h"
#include "app/options.h"
#include "app/output.h"
#include "app/password.h"
#include "app/progress.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "base/disk.h"
#include "search/filter.h"
#include "search/folder_watch.h"
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
      return fmt::format(fmt::runtime(in_language("그림에서 글자를 알아보는 중 {}/{}쪽",
                                                  "recognising text in pictures, page {}/{}")),
                         p.part_done + 1, p.part_total);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    return fmt::format(fmt::runtime(in_language("대목 {}개, {:.0f}/초", "{} passages, {:.0f}/s")), p.n_chunks,
                       static_cast<double>(p.n_chunks) / std::max(0.001, seconds.count()));
  }

  Progress files_{Progress::Unit::kBytes}, parts_{Progress::Unit::kSteps};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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

void note_lexical_only() {
  fmt::print(
      stderr, "{}\n",
      in_language("벡터 모델이 없어 낱말로만 색인합니다. 'hanok pull embedder' 뒤에 다시 add하면 벡터가 더해집니다",
                  "no model for vectors: words alone are indexed; 'hanok pull embedder' and another add make up "
                  "for it"));
}

// What an update needs while it runs.
struct Work {
  InterruptScope interrupt;
  std::unique_ptr<Embedder> embedder;
  std::optional<VectorMaker> maker;
  IndexOptions options;
};

Result<std::unique_ptr<Work>> prepare(const EmbedderChoice& choice) {
  auto work = std::make_unique<Work>();
  const auto going_on = [&interrupt = work->interrupt] { return !interrupt.interrupted(); };
  HANOK_TRY(work->embedder, open_embedder(choice));
  if (work->embedder) work->maker = vector_maker(*work->embedder, going_on);
  work->options.vectors = work->maker ? &*work->maker : nullptr;
  work->options.going_on = going_on;
  work->options.cancel = work->interrupt.flag();
  work->options.version = HANOK_VERSION;
  work->options.n_threads = choice.n_threads;
  return work;
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
  HANOK_TRY(const std::unique_ptr<Work> work, prepare(a.embedder));
  HANOK_TRY(work->options.password, document_password(a.password_file));
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

Json collection_json(const std::string& name, const Snapshot& snapshot) {
  Json sources = Json::array();
  for (const IndexSource& source : snapshot.manifest.sources) sources.push_back(source.path);
  Json vectors = nullptr;
  if (snapshot.manifest.dim > 0) vectors = {{"model", snapshot.manifest.embedder}, {"dim", snapshot.manifest.dim}};
  return {{"name", name},
          {"documents", snapshot.n_documents()},
          {"passages", snapshot.n_chunks()},
          {"bytes", snapshot.n_bytes()},
          {"vectors", vectors},
          {"sources", sources},
          {"excluded", snapshot.manifest.exclusions}};
}

void print_table(const Table& table) {
  fmt::print("{}", table.to_string(stdout_is_terminal() ? terminal_columns(STDOUT_FILENO) : std::string::npos));
}

Status list_all(const IndexArguments& a) {
  HANOK_TRY(const fs::path root, collections_folder());
  Json rows = Json::array();
  Table table({{in_language("모음", "COLLECTION")},
               {in_language("문서", "DOCUMENTS"), true},
               {in_language("대목", "PASSAGES"), true},
               {in_language("크기", "SIZE"), true},
               {in_language("벡터", "VECTORS")},
               {in_language("폴더", "FOLDERS")}});
  for (const std::string& name : list_collections(root)) {
    const auto snapshot = open_snapshot(root / name);
    if (!snapshot) {
      rows.push_back({{"name", name}, {"error", snapshot.error().what}});
      table.add({printable(name), "-", "-", "-", "-", printable(snapshot.error().what)});
      continue;
    }
    rows.push_back(collection_json(name, *snapshot));
    std::string sources;
    for (const IndexSource& s : snapshot->manifest.sources) sources += (sources.empty() ? "" : ", ") + s.path;
    for (const std::string& path : snapshot->manifest.exclusions)
      sources += fmt::format(fmt::runtime(in_language(" ({} 빼고)", " (without {})")), path);
    table.add({printable(name), fmt::format("{}", snapshot->n_documents()), fmt::format("{}", snapshot->n_chunks()),
               human_bytes(snapshot->n_bytes()), snapshot->manifest.dim > 0 ? snapshot->manifest.embedder : "-",
               printable(sources)});
  }
  if (a.json) {
    print_json({{"collections", rows}});
  } else if (rows.empty()) {
    fmt::print("{}\n", in_language("모음이 없습니다. 'hanok index add 이름 폴더'로 만듭니다",
                                   "no collections; 'hanok index add NAME FOLDER' makes one"));
  } else {
    print_table(table);
  }
  return {};
}

Status list_one(const IndexArguments& a) {
  HANOK_TRY(const fs::path folder, collection_folder(a.collection));
  HANOK_TRY(const Snapshot snapshot, open_snapshot(folder));
  Json files = Json::array();
  Table table({{in_language("파일", "FILE")},
               {in_language("형식", "FORMAT")},
               {in_language("날짜", "DATE")},
               {in_language("크기", "SIZE"), true},
               {in_language("제목", "TITLE")}});
  for (const LiveSegment& live : snapshot.segments) {
    for (uint32_t i = 0; i < live.segment->n_documents(); ++i) {
      if (!live.is_document_live[i]) continue;
      const DocumentEntry d = live.segment->document(i);
      const std::string path = document_path(snapshot.manifest, d), date = date_text(d.date_s);
      files.push_back({{"file", path},
                       {"uri", file_uri(path)},
                       {"format", d.format},
                       {"title", d.title},
                       {"bytes", d.n_bytes},
                       {"date", date}});
      table.add({printable(path), d.format, date, human_bytes(d.n_bytes), printable(d.title)});
    }
  }
  if (!a.json) {
    print_table(table);
    for (const std::string& path : snapshot.manifest.exclusions)
      fmt::print(fmt::runtime(in_language("{}: 지웠으므로 다시 넣지 않습니다\n", "{}: removed, and not taken again\n")),
                 printable(path));
    return {};
  }
  Json out = collection_json(folder.filename().string(), snapshot);
  out["files"] = files;
  print_json(out);
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
  HANOK_TRY(const std::unique_ptr<Work> work, prepare(a.embedder));
  HANOK_TRY(CollectionWriter writer, CollectionWriter::open(folder, CollectionWriter::Missing::kError));
  IndexBar bar;
  work->options.on_progress = [&bar](const IndexProgress& p) { bar.show(p); };
  HANOK_TRY(Indexer indexer, Indexer::open(writer, work->options));
  HANOK_RETURN_IF_ERROR(indexer.compact());
  bar.erase();
  const uint64_t n_before = before.n_bytes(), n_after = writer.snapshot().n_bytes();
  if (a.json) {
    print_json({{"bytes_before", n_before}, {"bytes", n_after}});
  } else {
    fmt::print("{} → {}\n", human_bytes(n_before), human_bytes(n_after));
  }
  return {};
}

std::vector<std::string> source_paths(const IndexManifest& manifest) {
  std::vector<std::string> paths;
  for (const IndexSource& source : manifest.sources) paths.push_back(source.path);
  return paths;
}

// What is there of a changed path: itself or the nearest folder above it that a source holds; empty where the whole
// source is gone, which then stays in the index: its disk may be back later.
std::string existing_part(fs::path path, const IndexManifest& manifest) {
  std::error_code error;
  while (!fs::exists(path, error)) {
    const bool is_source = std::any_of(manifest.sources.begin(), manifest.sources.end(),
                                       [&](const IndexSource& s) { return s.path == path.string(); });
    // A file of which the folder is there was deleted.
    if (is_source) return fs::is_directory(path.parent_path(), error) ? path.string() : "";
    if (!path.has_relative_path()) return "";
    path = path.parent_path();
  }
  return path.string();
}

// The collection's sources afterwards. What lies in none was removed from it while it was watched.
Result<std::vector<std::string>> update_changed(const fs::path& folder, const std::vector<std::string>& changed,
                                                const IndexOptions& options, bool json) {
  HANOK_TRY(CollectionWriter writer, CollectionWriter::open(folder, CollectionWriter::Missing::kError));
  HANOK_TRY(Indexer indexer, Indexer::open(writer, options));
  IndexReport report;
  for (const std::string& path : changed) {
    const std::string there = existing_part(path, writer.snapshot().manifest);
    if (there.empty() || writer.snapshot().manifest.source_of(there) == nullptr) continue;
    const Status done = indexer.update(there, report);
    if (done || done.error().kind == ErrorKind::kNotFound) continue;  // gone again: told by an event
    if (done.error().kind != ErrorKind::kIo || done.error().where != there) return fail(done.error());
    report.skipped.push_back({there, done.error(), true});
  }
  const bool is_news = report.n_added + report.n_changed + report.n_removed + report.skipped.size() > 0;
  if (is_news) print_report(report, writer.snapshot(), json);
  std::fflush(stdout);
  HANOK_RETURN_IF_ERROR(indexer.tidy());
  return source_paths(writer.snapshot().manifest);
}

Status watch_round(const fs::path& folder, std::vector<std::string>& sources, const Work& work, bool json) {
  constexpr auto kBusyWait = std::chrono::seconds(1);
  HANOK_TRY(FolderWatch folders, FolderWatch::open(sources));
  const auto going_on = [&] { return work.options.going_on() && is_collection(folder); };
  for (std::vector<std::string> changed = sources; !changed.empty();) {  // first whatever happened before
    auto now = update_changed(folder, changed, work.options, json);
    if (!now && now.error().kind != ErrorKind::kLimit) return fail(now.error());
    if (!now) {  // another hanok writes: after it
      std::this_thread::sleep_for(kBusyWait);
      if (!going_on()) return {};
      continue;
    }
    if (*now != sources) {
      sources = std::move(*now);
      return {};
    }
    HANOK_TRY(changed, folders.wait(going_on));
  }
  return {};
}

Status watch(const IndexArguments& a) {
  HANOK_TRY(const fs::path folder, collection_folder(a.collection));
  HANOK_TRY(const Snapshot snapshot, open_snapshot(folder));
  HANOK_TRY(const std::unique_ptr<Work> work, prepare(a.embedder));
  HANOK_TRY(work->options.password, document_password(a.password_file));
  std::vector<std::string> sources = source_paths(snapshot.manifest);
  if (!a.json)
    fmt::print(
        stderr,
        fmt::runtime(in_language("폴더 {}개를 지켜봅니다. Ctrl-C로 멈춥니다\n", "watching {} folders; Ctrl-C stops\n")),
        sources.size());
  while (work->options.going_on() && !sources.empty()) {
    const Status done = watch_round(folder, sources, *work, a.json);
    if (!done && done.error().kind == ErrorKind::kInterrupted) return {};
    if (!is_collection(folder)) break;
    if (!done) return done;
  }
  if (!work->options.going_on()) return {};
  return fail(ErrorKind::kNotFound,
              in_language("지켜볼 것이 없어 멈춥니다: 모음이나 그 폴더를 지웠습니다",
                          "nothing is left to watch: the collection or its folders were removed"),
              a.collection);
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
  on_run(listing, exit_code, a->json, [a] { return a->collection.empty() ? list_all(*a) : list_one(*a); });

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
