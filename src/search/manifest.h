// What a collection consists of: the one small file whose replacement makes a change happen.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

inline constexpr uint32_t kManifestVersion = 2;

// A folder or a file that was added, as an absolute path.
struct IndexSource {
  uint32_t id = 0;
  std::string path;
};

struct SegmentReference {
  uint64_t id = 0;  // its file is segment_name(id)
  uint64_t n_bytes = 0;
  uint64_t checksum = 0;          // of its header
  std::vector<uint32_t> removed;  // documents that are no longer there, ascending
  bool must_rewrite = false;      // somebody wants their text off the disk
};

// What became of a file that gave nothing or not all of its text; file_notes.h says what for.
struct FileNote {
  uint64_t n_bytes = 0;
  int64_t mtime_ns = 0;
  uint64_t reader = 0;          // which one it was: another may do better
  uint8_t refusal = 0;          // 0: it was read, with warnings; else its ErrorKind + 1, and the error's parts:
  std::string what, got, hint;  // in the user's language
};

struct IndexManifest {
  uint64_t generation = 0;  // grows with every change
  uint64_t next_segment_id = 1;
  uint32_t next_source_id = 1;
  std::string embedder;  // that made the vectors; empty: none
  uint32_t dim = 0;      // of the vectors
  std::vector<IndexSource> sources;
  std::vector<std::string> exclusions;     // paths below sources that were removed: they are not taken again
  std::map<std::string, FileNote> notes;   // by path
  std::vector<SegmentReference> segments;  // oldest first

  const IndexSource* source(uint32_t id) const;
  // The deepest source that holds the path; null: none.
  const IndexSource* source_of(const std::string& path) const;
  // Whether the path lies in an exclusion, and in no source below that.
  bool is_excluded(const std::string& path) const;
};

std::string segment_name(uint64_t id);
std::string graph_name(uint64_t id);  // of a segment's graph

std::string format_index_manifest(const IndexManifest& manifest);
// Errors: kCorruptFile; kUnsupported for a newer version.
Result<IndexManifest> parse_index_manifest(std::string_view bytes, const std::string& where);

}  // namespace hanok
