// Brings a collection up to date with files and folders: new and changed files are read, cut and stored, files that are
// gone are removed, the rest is passed over.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "documents/reader.h"
#include "search/chunker.h"
#include "search/collection.h"
#include "search/file_notes.h"
#include "search/file_walk.h"
#include "search/vector_leg.h"

namespace hanok {

struct IndexProgress {
  enum class Step { kReading, kRecognising, kEmbedding, kGraph };
  Step step = Step::kReading;
  uint64_t done = 0, total = 0;  // bytes of files, done when their passages have vectors; 0 in tidy()
  // Pages of the file of which pictures are recognised; passages of what is being embedded or gets a graph.
  uint64_t part_done = 0, part_total = 0;
  uint64_t n_chunks = 0;  // so far
  std::string file;
};

struct IndexOptions {
  ChunkOptions chunks;
  const VectorMaker* vectors = nullptr;  // none: a lexical index
  size_t commit_chunks = 8192;           // what is read is stored after so many passages
  size_t commit_chunks_embedded = 256;   // with vectors, which take longer
  double dead_share = 0.3;               // a segment with more that was removed is written anew
  uint32_t least_graph_vectors = kLeastGraphVectors;
  int n_threads = 0;                    // that build graphs; 0: as many as there are processors
  std::string version;                  // of the program: another may read what this one refuses
  std::optional<std::string> password;  // of documents that need one
  std::function<void(const IndexProgress&)> on_progress;
  std::function<bool()> going_on;             // false stops the work; what was stored stays
  const std::atomic<bool>* cancel = nullptr;  // the same, asked while a document is read; may be null
};

struct FileWarnings {
  std::string path;
  std::vector<std::string> warnings;  // in the user's language
};

struct IndexReport {
  uint64_t n_added = 0, n_changed = 0, n_removed = 0, n_unchanged = 0;  // files
  uint64_t n_chunks = 0;                                                // that were stored
  std::vector<SkippedFile> skipped;
  std::vector<FileWarnings> warned;  // of the files that were read
};

class Indexer {
 public:
  // Both outlive it. Error: kInvalidInput where the collection's vectors are another model's.
  static Result<Indexer> open(CollectionWriter& writer, IndexOptions options);

  // Takes the path back where remove() excluded it.
  void include(const std::filesystem::path& path);
  // `path` is a file or a folder; it becomes a source of the collection unless it lies below one. What is excluded is
  // passed over; a file that was deleted is removed. The report grows as things are stored, also when an error ends the
  // work. Errors: kNotFound, kIo; kInterrupted.
  Status update(const std::filesystem::path& path, IndexReport& report);
  // Removes and excludes what lies at or below the path, which may be gone, and takes the text of all that was ever
  // removed off the disk. What an error interrupts is done by the next update(). Returns the number of documents.
  // Error: kNotFound where there is none, nor was.
  Result<uint64_t> remove(const std::filesystem::path& path);
  // Makes the vectors that passages lack, segment by segment, writes small segments together, and makes the graphs that
  // large ones lack.
  Status tidy();
  // Takes the text of all that was removed off the disk, then tidies.
  Status compact();

 private:
  struct Known {
    size_t segment_idx;
    uint32_t document_idx;
    DocumentEntry entry;
  };
  using KnownFiles = std::map<std::string, Known>;
  enum class State { kNew, kChanged, kUnchanged };

  Indexer(CollectionWriter& writer, IndexOptions options)
      : writer_(writer), options_(std::move(options)), notes_(writer.manifest(), options_.version, options_.cancel) {}
  KnownFiles known_files(const std::string& below, bool live_ones = true) const;
  void add_source(const std::string& path);
  void exclude(const std::string& path);
  Result<State> state_of(const FoundFile& file, const KnownFiles& known);
  Result<std::array<uint8_t, 32>> digest_of(const std::string& path) const;
  Result<ReadDocument> read(const std::string& path) const;
  Result<ReadDocument> read_noting(const FoundFile& file, int64_t read_ns, IndexReport& report);
  Status take(const FoundFile& file, const KnownFiles& known, IndexReport& report);
  void remove_gone(const std::string& path, const KnownFiles& known, WalkedFiles& walked);
  bool is_deleted_file(const std::string& path, const KnownFiles& known) const;
  Status take_all(const std::vector<FoundFile>& files, const KnownFiles& known, IndexReport& report);
  Status store(IndexReport& report);
  Status embed(SegmentBuilder& builder);
  Status embed_meanwhile(SegmentBuilder& builder, Status& stopped);
  Status build_graphs();
  void tell(IndexProgress progress) const;
  bool is_full() const;
  bool going_on() const { return !options_.going_on || options_.going_on(); }

  CollectionWriter& writer_;
  IndexOptions options_;
  FileNotes notes_;
  std::optional<SegmentBuilder> builder_;
  std::vector<std::string> replaced_;  // paths of documents that the builder's replace
  IndexReport waiting_;                // what store() will make true
  uint64_t n_done_bytes_ = 0, n_waiting_bytes_ = 0, n_total_bytes_ = 0;  // waiting: for their vectors
  uint64_t n_stored_chunks_ = 0;
};

}  // namespace hanok
