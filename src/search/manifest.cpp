#include "search/manifest.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/locale.h"
#include "search/bytes_io.h"
#include "search/file_walk.h"
#include "search/segment_format.h"

namespace hanok {
namespace {

constexpr std::string_view kMagic = "HANOKIDX";

tl::unexpected<Error> broken(const std::string& where, const char* what) {
  return fail(ErrorKind::kCorruptFile, in_language("색인의 목록이 깨졌습니다", "the index's manifest is broken"), where,
              "", what);
}

void put_segment(std::string& out, const SegmentReference& segment) {
  put_le(out, segment.id);
  put_le(out, segment.n_bytes);
  put_le(out, segment.checksum);
  put_varint(out, segment.removed.size());
  uint32_t next = 0;
  for (const uint32_t idx : segment.removed) {
    put_varint(out, idx - next);
    next = idx + 1;
  }
  put_le(out, static_cast<uint8_t>(segment.must_rewrite));
}

bool read_segment(ByteReader& reader, uint32_t version, SegmentReference& segment) {
  uint64_t n_removed = 0;
  if (!reader.le(segment.id) || !reader.le(segment.n_bytes) || !reader.le(segment.checksum) ||
      !reader.varint(n_removed) || n_removed > reader.n_left())
    return false;
  uint64_t next = 0;
  for (uint64_t i = 0; i < n_removed; ++i) {
    uint32_t passed = 0;
    if (!reader.varint32(passed) || next + passed > UINT32_MAX) return false;
    segment.removed.push_back(static_cast<uint32_t>(next + passed));
    next += uint64_t{passed} + 1;
  }
  uint8_t must_rewrite = 0;
  if (version >= 2 && (!reader.le(must_rewrite) || must_rewrite > 1)) return false;
  segment.must_rewrite = must_rewrite != 0;
  return true;
}

void put_note(std::string& out, const std::string& path, const FileNote& note) {
  put_text(out, path);
  put_le(out, note.n_bytes);
  put_le(out, static_cast<uint64_t>(note.mtime_ns));
  put_le(out, note.reader);
  put_le(out, note.refusal);
  for (const std::string* text : {&note.what, &note.got, &note.hint}) put_text(out, *text);
}

bool read_note(ByteReader& reader, IndexManifest& manifest) {
  std::string path;
  FileNote note;
  uint64_t mtime = 0;
  if (!reader.text(path) || !reader.le(note.n_bytes) || !reader.le(mtime) || !reader.le(note.reader) ||
      !reader.le(note.refusal) || !reader.text(note.what) || !reader.text(note.got) || !reader.text(note.hint))
    return false;
  note.mtime_ns = static_cast<int64_t>(mtime);
  return manifest.notes.emplace(std::move(path), std::move(note)).second;
}

bool read_body(ByteReader& reader, uint32_t version, IndexManifest& manifest) {
  uint64_t n_sources = 0, n_segments = 0;
  if (!reader.le(manifest.generation) || !reader.le(manifest.next_segment_id) || !reader.le(manifest.next_source_id) ||
      !reader.text(manifest.embedder) || !reader.le(manifest.dim) || manifest.dim > kMaxVectorDim ||
      !reader.varint(n_sources) || n_sources > reader.n_left())
    return false;
  for (uint64_t i = 0; i < n_sources; ++i) {
    IndexSource source;
    if (!reader.le(source.id) || !reader.text(source.path)) return false;
    manifest.sources.push_back(std::move(source));
  }
  uint64_t n_exclusions = 0;
  if (version >= 2 && (!reader.varint(n_exclusions) || n_exclusions > reader.n_left())) return false;
  for (uint64_t i = 0; i < n_exclusions; ++i)
    if (!reader.text(manifest.exclusions.emplace_back())) return false;
  uint64_t n_notes = 0;
  if (version >= 2 && (!reader.varint(n_notes) || n_notes > reader.n_left())) return false;
  for (uint64_t i = 0; i < n_notes; ++i)
    if (!read_note(reader, manifest)) return false;
  if (!reader.varint(n_segments) || n_segments > reader.n_left()) return false;
  for (uint64_t i = 0; i < n_segments; ++i) {
    SegmentReference segment;
    if (!read_segment(reader, version, segment)) return false;
    if (!manifest.segments.empty() && segment.id <= manifest.segments.back().id) return false;
    manifest.segments.push_back(std::move(segment));
  }
  return reader.n_left() == 0 && (manifest.segments.empty() || manifest.segments.back().id < manifest.next_segment_id);
}

}  // namespace

const IndexSource* IndexManifest::source(uint32_t id) const {
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const IndexSource& s) { return s.id == id; });
  return found == sources.end() ? nullptr : &*found;
}

const IndexSource* IndexManifest::source_of(const std::string& path) const {
  const IndexSource* deepest = nullptr;
  for (const IndexSource& source : sources)
    if (is_at_or_below(path, source.path) && (deepest == nullptr || source.path.size() > deepest->path.size()))
      deepest = &source;
  return deepest;
}

bool IndexManifest::is_excluded(const std::string& path) const {
  const IndexSource* source = source_of(path);
  return std::any_of(exclusions.begin(), exclusions.end(), [&](const std::string& excluded) {
    return is_at_or_below(path, excluded) && (source == nullptr || excluded.size() > source->path.size());
  });
}

std::string segment_name(uint64_t id) {
  return fmt::format("segment-{:016x}", id);
}

std::string graph_name(uint64_t id) {
  return fmt::format("graph-{:016x}", id);
}

std::string format_index_manifest(const IndexManifest& manifest) {
  std::string out(kMagic);
  put_le(out, kManifestVersion);
  put_le(out, manifest.generation);
  put_le(out, manifest.next_segment_id);
  put_le(out, manifest.next_source_id);
  put_text(out, manifest.embedder);
  put_le(out, manifest.dim);
  put_varint(out, manifest.sources.size());
  for (const IndexSource& source : manifest.sources) {
    put_le(out, source.id);
    put_text(out, source.path);
  }
  put_varint(out, manifest.exclusions.size());
  for (const std::string& path : manifest.exclusions) put_text(out, path);
  put_varint(out, manifest.notes.size());
  for (const auto& [path, note] : manifest.notes) put_note(out, path, note);
  put_varint(out, manifest.segments.size());
  for (const SegmentReference& segment : manifest.segments) put_segment(out, segment);
  put_le(out, checksum_of(out));
  return out;
}

Result<IndexManifest> parse_index_manifest(std::string_view bytes, const std::string& where) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + sizeof(uint32_t) + sizeof(uint64_t))
    return broken(where, "signature");
  const auto version = number_at<uint32_t>(bytes, kMagic.size());
  if (version > kManifestVersion) {
    return fail(ErrorKind::kUnsupported,
                in_language("더 새 판의 hanok이 만든 색인입니다", "the index was made by a newer hanok"), where,
                fmt::format("{}", kManifestVersion), fmt::format("{}", version),
                in_language("hanok을 새 판으로 바꾸세요", "update hanok"));
  }
  const std::string_view all = bytes.substr(0, bytes.size() - sizeof(uint64_t));
  if (version == 0 || checksum_of(all) != number_at<uint64_t>(bytes, all.size())) return broken(where, "checksum");
  ByteReader reader(all.substr(kMagic.size() + sizeof(uint32_t)));
  IndexManifest manifest;
  if (!read_body(reader, version, manifest)) return broken(where, "contents");
  return manifest;
}

}  // namespace hanok
