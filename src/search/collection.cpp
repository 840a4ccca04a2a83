#include "search/collection.h"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <set>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/locale.h"
#include "base/utf8.h"
#include "text/unicode.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

constexpr const char* kManifestName = "manifest";
constexpr const char* kLockName = "lock";
constexpr size_t kMaxManifestBytes = size_t{256} << 20;

tl::unexpected<Error> not_there(const fs::path& folder) {
  return fail(ErrorKind::kNotFound, in_language("그런 모음이 없습니다", "no such collection"), folder.string(), "", "",
              in_language("'hanok index list'로 봅니다", "see 'hanok index list'"));
}

tl::unexpected<Error> is_written(const fs::path& folder) {
  return fail(ErrorKind::kLimit,
              in_language("다른 hanok이 이 모음에 쓰고 있습니다", "another hanok is writing to this collection"),
              folder.string(), "", "",
              in_language("그것이 끝난 뒤에 다시 하세요. 찾기는 지금도 됩니다",
                          "try again when it has finished; searching works meanwhile"));
}

Result<IndexManifest> read_manifest(const fs::path& folder) {
  auto file = MappedFile::open(folder / kManifestName);
  if (!file && file.error().kind == ErrorKind::kNotFound) return not_there(folder);
  if (!file) return fail(file.error());
  const auto bytes = file->bytes();
  if (bytes.size() > kMaxManifestBytes)
    return fail(ErrorKind::kCorruptFile, in_language("색인의 목록이 너무 큽니다", "the index's manifest is too large"),
                folder.string());
  // Copied: the file is replaced, never changed, but a foreign hand may cut it.
  const std::string copy(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return parse_index_manifest(copy, (folder / kManifestName).string());
}

tl::unexpected<Error> other_segment(const fs::path& path) {
  return fail(ErrorKind::kCorruptFile,
              in_language("색인 파일이 목록과 다릅니다", "the index file is not the one the manifest names"),
              path.string());
}

void find_live_chunks(LiveSegment& live) {
  const Segment& segment = *live.segment;
  live.is_chunk_live.assign(segment.n_chunks(), false);
  live.n_live_chunks = 0;
  for (uint32_t i = 0; i < segment.n_chunks(); ++i) {
    const ChunkEntry chunk = segment.chunk(i);
    for (uint32_t p = chunk.first_place; p < chunk.first_place + chunk.n_places && !live.is_chunk_live[i]; ++p)
      live.is_chunk_live[i] = live.is_document_live[segment.document_of_place(p)];
    live.n_live_chunks += live.is_chunk_live[i] ? 1 : 0;
  }
}

LiveSegment live_segment(const SegmentReference& reference, std::shared_ptr<const Segment> segment,
                         std::shared_ptr<const VectorGraph> graph) {
  LiveSegment live;
  live.id = reference.id;
  live.segment = std::move(segment);
  live.graph = std::move(graph);
  live.is_document_live.assign(live.segment->n_documents(), true);
  for (const uint32_t idx : reference.removed) live.is_document_live[idx] = false;
  live.n_live_documents = live.segment->n_documents() - static_cast<uint32_t>(reference.removed.size());
  live.n_live_chunks = live.segment->n_chunks();
  if (!reference.removed.empty()) find_live_chunks(live);
  return live;
}

// A reader tells of a graph that is broken, the writer makes it anew.
enum class BrokenGraph { kError, kNone };

Result<std::shared_ptr<const VectorGraph>> open_graph(const fs::path& folder, uint64_t id, const Segment& segment,
                                                      BrokenGraph broken) {
  auto graph = open_graph(folder, id, segment);
  if (broken == BrokenGraph::kError) return graph;
  const bool is_broken = graph ? *graph && !(*graph)->verify() : graph.error().kind == ErrorKind::kCorruptFile;
  return is_broken ? std::shared_ptr<const VectorGraph>() : graph;
}

Result<LiveSegment> open_segment(const fs::path& folder, const SegmentReference& reference, BrokenGraph broken) {
  const fs::path path = folder / segment_name(reference.id);
  auto segment = Segment::open(path);
  if (!segment && segment.error().kind == ErrorKind::kNotFound) return other_segment(path);
  if (!segment) return fail(segment.error());
  if (segment->n_file_bytes() != reference.n_bytes || segment->header_checksum() != reference.checksum ||
      (!reference.removed.empty() && reference.removed.back() >= segment->n_documents()))
    return other_segment(path);
  HANOK_TRY(auto graph, open_graph(folder, reference.id, *segment, broken));
  return live_segment(reference, std::make_shared<const Segment>(std::move(*segment)), std::move(graph));
}

Result<Snapshot> open_named(const fs::path& folder, IndexManifest manifest, BrokenGraph broken) {
  Snapshot snapshot{std::move(manifest), {}};
  for (const SegmentReference& reference : snapshot.manifest.segments) {
    HANOK_TRY(LiveSegment live, open_segment(folder, reference, broken));
    snapshot.segments.push_back(std::move(live));
  }
  return snapshot;
}

constexpr const char* kRemovedPrefix = ".removed-";

// What removals left that were killed.
void finish_removals(const fs::path& root) {
  std::error_code error;
  std::vector<fs::path> removed;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with(kRemovedPrefix)) removed.push_back(it->path());
  for (const fs::path& path : removed) fs::remove_all(path, error);
}

Result<Descriptor> lock_writer(const fs::path& folder) {
  Descriptor lock(::open((folder / kLockName).c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (lock.get() < 0) {
    return fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                in_language("잠금 파일을 열 수 없습니다", "cannot open the lock"), (folder / kLockName).string(), "",
                std::generic_category().message(errno));
  }
  if (!try_lock(lock.get()) || !is_named(lock.get(), folder / kLockName)) return is_written(folder);
  return lock;
}

}  // namespace

uint64_t Snapshot::n_documents() const {
  return std::accumulate(segments.begin(), segments.end(), uint64_t{0},
                         [](uint64_t n, const LiveSegment& s) { return n + s.n_live_documents; });
}

uint64_t Snapshot::n_chunks() const {
  return std::accumulate(segments.begin(), segments.end(), uint64_t{0},
                         [](uint64_t n, const LiveSegment& s) { return n + s.n_live_chunks; });
}

uint64_t Snapshot::n_bytes() const {
  return std::accumulate(segments.begin(), segments.end(), uint64_t{0}, [](uint64_t n, const LiveSegment& s) {
    return n + s.segment->n_file_bytes() + (s.graph ? s.graph->n_file_bytes() : 0);
  });
}

std::string document_path(const IndexManifest& manifest, const DocumentEntry& document) {
  const IndexSource* source = manifest.source(document.source);
  const fs::path base = source != nullptr ? fs::path(source->path) : fs::path();
  return (document.path.empty() ? base : base / document.path).string();
}

std::vector<std::string> list_collections(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    if (!name.starts_with('.') && fs::exists(it->path() / kManifestName, ignored)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> collection_name(std::string_view name) {
  constexpr size_t kMaxBytes = 200;
  const bool is_text = replace_invalid_utf8(name) == name;
  const bool has_control = std::any_of(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/'; });
  if (name.empty() || name.size() > kMaxBytes || name[0] == '.' || name[0] == '-' || has_control || !is_text) {
    return fail(ErrorKind::kInvalidInput,
                in_language("모음의 이름이 될 수 없습니다", "this cannot be a collection's name"), std::string(name),
                in_language("점으로 시작하지 않고 /가 없는 200바이트까지의 이름",
                            "at most 200 bytes without '/', not beginning with a dot"));
  }
  return normalize(name, Normalization::kNfc);
}

bool is_collection(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / kManifestName, error);
}

Result<Snapshot> open_snapshot(const fs::path& folder) {
  while (true) {
    HANOK_TRY(IndexManifest manifest, read_manifest(folder));
    const uint64_t generation = manifest.generation;
    auto snapshot = open_named(folder, std::move(manifest), BrokenGraph::kError);
    if (snapshot) return snapshot;
    HANOK_TRY(manifest, read_manifest(folder));  // a writer may have replaced it, and removed its segments, meanwhile
    if (manifest.generation == generation) return snapshot;
  }
}

Status remove_collection(const fs::path& folder) {
  std::error_code error;
  finish_removals(folder.parent_path());
  if (!fs::is_directory(folder, error)) return not_there(folder);
  HANOK_TRY(const Descriptor lock, lock_writer(folder));
  const fs::path aside =
      folder.parent_path() / fmt::format("{}{}-{}", kRemovedPrefix, ::getpid(), folder.filename().string());
  if (::rename(folder.c_str(), aside.c_str()) != 0) {
    return fail(ErrorKind::kIo, in_language("지울 수 없습니다", "cannot remove"), folder.string(), "",
                std::generic_category().message(errno));
  }
  fs::remove_all(aside, error);
  if (!error) return {};
  return fail(ErrorKind::kIo, in_language("지울 수 없습니다", "cannot remove"), aside.string(), "", error.message());
}

Result<CollectionWriter> CollectionWriter::open(const fs::path& folder, Missing missing) {
  if (missing == Missing::kError && !is_collection(folder)) return not_there(folder);
  if (missing == Missing::kMake) HANOK_RETURN_IF_ERROR(make_private_folder(folder));
  HANOK_TRY(Descriptor lock, lock_writer(folder));
  CollectionWriter writer(folder, std::move(lock));
  if (is_collection(folder)) {
    HANOK_TRY(IndexManifest manifest, read_manifest(folder));
    HANOK_TRY(writer.snapshot_, open_named(folder, std::move(manifest), BrokenGraph::kNone));
  } else if (missing == Missing::kError) {  // it was removed since
    return not_there(folder);
  } else {
    HANOK_RETURN_IF_ERROR(writer.publish({}));
  }
  writer.remove_leftovers();
  finish_removals(folder.parent_path());
  return writer;
}

void CollectionWriter::remove_leftovers() const {
  std::set<std::string> known{kManifestName, kLockName};
  for (const LiveSegment& live : snapshot_.segments) {
    known.insert(segment_name(live.id));
    if (live.graph) known.insert(graph_name(live.id));
  }
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool is_ours = name.starts_with("segment-") || name.starts_with("graph-") ||
                         name.starts_with(std::string(kManifestName) + ".");
    if (is_ours && !known.contains(name)) leftovers.push_back(it->path());
  }
  for (const fs::path& path : leftovers) ::unlink(path.c_str());
}

void CollectionWriter::remove_document(size_t segment_idx, uint32_t document_idx) {
  std::vector<uint32_t>& removed = snapshot_.manifest.segments[segment_idx].removed;
  const auto at = std::lower_bound(removed.begin(), removed.end(), document_idx);
  if (at != removed.end() && *at == document_idx) return;
  removed.insert(at, document_idx);
  is_changed_ = true;
}

void CollectionWriter::rewrite_removed() {
  for (SegmentReference& segment : snapshot_.manifest.segments) {
    if (segment.removed.empty() || segment.must_rewrite) continue;
    segment.must_rewrite = true;
    is_changed_ = true;
  }
}

Result<SegmentReference> CollectionWriter::write_segment(const SegmentBuilder& builder) {
  SegmentReference reference;
  reference.id = snapshot_.manifest.next_segment_id++;  // never twice, whatever becomes of it
  const fs::path path = folder_ / segment_name(reference.id);
  HANOK_RETURN_IF_ERROR(write_file_whole(
      path, [&](const WritePiece& write) { return builder.write(snapshot_.manifest.dim, write); }, Readers::kOwner));
  HANOK_TRY(const Segment segment, Segment::open(path));
  reference.n_bytes = segment.n_file_bytes();
  reference.checksum = segment.header_checksum();
  return reference;
}

Status CollectionWriter::publish(IndexManifest manifest) {
  ++manifest.generation;
  HANOK_RETURN_IF_ERROR(write_file_whole(folder_ / kManifestName, format_index_manifest(manifest), Readers::kOwner));
  is_changed_ = false;
  std::vector<LiveSegment> old = std::move(snapshot_.segments);
  snapshot_.segments.clear();
  snapshot_.manifest = std::move(manifest);
  for (const SegmentReference& reference : snapshot_.manifest.segments) {
    const auto same = std::find_if(old.begin(), old.end(), [&](const LiveSegment& s) { return s.id == reference.id; });
    if (same != old.end()) {
      snapshot_.segments.push_back(live_segment(reference, same->segment, same->graph));
    } else {
      HANOK_TRY(LiveSegment live, open_segment(folder_, reference, BrokenGraph::kNone));
      snapshot_.segments.push_back(std::move(live));
    }
  }
  remove_leftovers();
  return {};
}

Status CollectionWriter::commit(const SegmentBuilder* added) {
  const bool adds = added != nullptr && added->n_documents() > 0;
  if (!adds && !is_changed_) return {};
  std::optional<SegmentReference> reference;
  if (adds) {
    HANOK_TRY(reference, write_segment(*added));
  }
  IndexManifest manifest = snapshot_.manifest;
  if (reference) manifest.segments.push_back(std::move(*reference));
  return publish(std::move(manifest));
}

}  // namespace hanok
