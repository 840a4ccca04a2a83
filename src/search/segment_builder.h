// Collects documents and writes them as one segment.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "search/segment.h"

namespace hanok {

struct NewChunk {
  std::string text;  // valid UTF-8, not empty
  std::string heading;
  BlockPage page;               // where it begins
  int last_page = 0;            // where it ends; 0 when there is none
  uint32_t begin = 0, end = 0;  // in characters of ReadDocument::text
};

class SegmentBuilder {
 public:
  void add(DocumentEntry document, std::vector<NewChunk> chunks);
  // The documents of a segment, without those in `removed` (ascending). A chunk keeps its vector where the document
  // whose title is in it stays. Error: kCorruptFile.
  Status add(const Segment& segment, std::span<const uint32_t> removed);

  size_t n_documents() const { return documents_.size(); }
  size_t n_chunks() const { return chunks_.size(); }
  size_t text_bytes() const { return text_bytes_; }

  // Chunks that have no vector yet, and what stands for one of them: its title and its text.
  std::vector<size_t> without_vectors(uint32_t dim) const;
  std::string text_to_embed(size_t chunk_idx) const;
  void set_vector(size_t chunk_idx, std::span<const float> vector);
  // Takes over the vectors of those of the segment's passages that the same text stands for. Error: kCorruptFile.
  Status take_vectors(const Segment& segment, uint32_t dim);

  // Gives the file's bytes piece by piece. dim 0: without vectors; else vectors of other sizes are left out.
  Status write(uint32_t dim, const std::function<Status(std::string_view)>& out) const;

 private:
  struct Chunk {
    std::string text;
    uint64_t hash = 0;
    std::vector<ChunkPlace> places;
    float scale = 0;
    std::vector<int8_t> vector;
  };
  Chunk& chunk_of(std::string text);
  std::string title_text(const Chunk& chunk) const;

  std::vector<DocumentEntry> documents_;
  std::vector<Chunk> chunks_;
  std::unordered_multimap<uint64_t, size_t> by_hash_;
  size_t text_bytes_ = 0;
};

}  // namespace hanok
