#include "app/index_watch.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/report.h"
#include "search/folder_watch.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

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

Status watch_round(const fs::path& folder, std::vector<std::string>& sources, const IndexWork& work, bool json) {
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

}  // namespace

Status watch_collection(const std::string& name, const IndexWork& work, bool json) {
  HANOK_TRY(const fs::path folder, collection_folder(name));
  HANOK_TRY(const Snapshot snapshot, open_snapshot(folder));
  std::vector<std::string> sources = source_paths(snapshot.manifest);
  if (!json)
    fmt::print(
        stderr,
        fmt::runtime(in_language("폴더 {}개를 지켜봅니다. Ctrl-C로 멈춥니다\n", "watching {} folders; Ctrl-C stops\n")),
        sources.size());
  while (work.options.going_on() && !sources.empty()) {
    const Status done = watch_round(folder, sources, work, json);
    if (!done && done.error().kind == ErrorKind::kInterrupted) return {};
    if (!is_collection(folder)) break;
    if (!done) return done;
  }
  if (!work.options.going_on()) return {};
  return fail(ErrorKind::kNotFound,
              in_language("지켜볼 것이 없어 멈춥니다: 모음이나 그 폴더를 지웠습니다",
                          "nothing is left to watch: the collection or its folders were removed"),
              name);
}

}  // namespace hanok
