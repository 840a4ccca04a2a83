#include "app/index_list.h"

#include <string>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/collections.h"
#include "app/output.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/disk.h"
#include "search/collection.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

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

}  // namespace

Status list_collections_with_counts(bool json) {
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
  if (json) {
    print_json({{"collections", rows}});
  } else if (rows.empty()) {
    fmt::print("{}\n", in_language("모음이 없습니다. 'hanok index add 이름 폴더'로 만듭니다",
                                   "no collections; 'hanok index add NAME FOLDER' makes one"));
  } else {
    print_table(table);
  }
  return {};
}

Status list_documents(const fs::path& folder, bool json) {
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
  if (!json) {
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

}  // namespace hanok
