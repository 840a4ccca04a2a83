// One collection on the disk: read as a snapshot that nothing changes, written by one process at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"
#include "search/manifest.h"
#include "search/segment.h"
#include "search/segment_builder.h"
#include "search/vector_graph.h"

namespace hanok {

// A segment and which of it is still there.
struct LiveSegment {
  uint64_t id = 0;
  std::shared_ptr<const Segment> segment;
  std::shared_ptr<const VectorGraph> graph;  // over its vectors; none: they are scanned
  std::vector<bool> is_document_live;
  std::vector<bool> is_chunk_live;  // empty: all are
  uint32_t n_live_documents = 0;
  uint32_t n_live_chunks = 0;

  bool all_live() const { return is_chunk_live.empty(); }
  bool live(uint32_t chunk_idx) const { return is_chunk_live.empty() || is_chunk_live[chunk_idx]; }
};

struct Snapshot {
  IndexManifest manifest;
  std::vector<LiveSegment> segments;

  uint64_t n_documents() const;
  uint64_t n_chunks() const;
  uint64_t n_bytes() const;
};

// The absolute path of a document.
std::string document_path(const IndexManifest& manifest, const DocumentEntry& document);

// A segment's graph; none where it has none. Errors as VectorGraph::open.
Result<std::shared_ptr<const VectorGraph>> open_graph(const std::filesystem::path& folder, uint64_t id,
                                                      const Segment& segment);

// Folders under `root`, one a collection.
std::vector<std::string> list_collections(const std::filesystem::path& root);
// The name in NFC. Error: kInvalidInput for what can be no folder's name.
Result<std::string> collection_name(std::string_view name);

// Whether there is one.
bool is_collection(const std::filesystem::path& folder);

// What the collection holds now. Errors: kNotFound, kCorruptFile, kUnsupported, kIo.
Result<Snapshot> open_snapshot(const std::filesystem::path& folder);

// Removes a collection. Errors: kNotFound; kLimit while another process writes to it.
Status remove_collection(const std::filesystem::path& folder);

// Below, a scan of all vectors is as fast as a user can tell.
inline constexpr uint32_t kLeastGraphVectors = 100'000;

struct GraphOptions {
  uint32_t least_vectors = kLeastGraphVectors;                  // of a segment that gets a graph
  int n_threads = 0;                                            // 0: as many as there are processors
  std::function<bool(uint64_t n_done, uint64_t n_total)> step;  // false ends the work with kInterrupted
};

class CollectionWriter {
 public:
  enum class Missing { kMake, kError };
  // Takes the writer's lock, makes the collection where it is not there (or says kNotFound), and removes what a writer
  // left that died. Graphs that are broken count as none. Errors: kLimit while another process writes to it; as
  // open_snapshot.
  static Result<CollectionWriter> open(const std::filesystem::path& folder, Missing missing = Missing::kMake);

  const Snapshot& snapshot() const { return snapshot_; }

  // What the next commit() will take; changed in memory only.
  IndexManifest& manifest() { return snapshot_.manifest; }
  void remove_document(size_t segment_idx, uint32_t document_idx);
  // The next compact() writes the segments that hold removed documents anew, also in another process's life.
  void rewrite_removed();
  // Whether anything is to be committed.
  bool is_changed() const { return is_changed_; }
  void mark_changed() { is_changed_ = true; }

  // Makes the changes and the builder's documents happen together: when it returns they survive anything, and until
  // then nothing of them is seen. Errors: kIo; the collection on the disk is then as it was.
  Status commit(const SegmentBuilder* added = nullptr);

  // Called when chunks of a segment that is written anew lack vectors.
  using Embed = std::function<Status(SegmentBuilder&)>;
  // Writes segments anew, as one, without what was removed. Error: also kCorruptFile for segments that rotted.
  Status merge(std::vector<size_t> segment_idxs, const Embed& embed = {});
  // Merges segments of like size, and writes anew those that hold more than `dead_share` of removed chunks and those
  // of rewrite_removed().
  Status compact(double dead_share, const Embed& embed = {});
  // Makes the graphs that large segments lack. Errors: kIo, kInterrupted; those made until then stay.
  Status build_graphs(const GraphOptions& options);

 private:
  CollectionWriter(std::filesystem::path folder, Descriptor lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Result<SegmentReference> write_segment(const SegmentBuilder& builder);
  Status publish(IndexManifest manifest);
  void remove_leftovers() const;

  std::filesystem::path folder_;
  Descriptor lock_;
  Snapshot snapshot_;
  bool is_changed_ = false;
};

}  // namespace hanok
