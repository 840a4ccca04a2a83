// One field's inverted index: which chunks hold a term and how often, as bytes of three sections of a segment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "search/bytes_io.h"

namespace hanok {

// The three sections. `terms`: blocks of 32 terms in the order of their bytes, each as (bytes shared with the one
// before, the rest of it, chunks that hold it, bytes of its postings); `blocks`: of each block, where it begins in
// `terms` (u32) and in `postings` (u64); `postings`: of each chunk, twice the chunks passed over since the one before,
// plus one where the term stands there more than once, then how often less two.
struct FieldBytes {
  std::string terms, blocks, postings;
};

class FieldIndexWriter {
 public:
  // The folded text of the next chunk; chunks are numbered from 0. Returns its number of terms.
  uint32_t add(std::string_view folded);
  FieldBytes finish() const;

 private:
  struct Postings {
    std::string bytes;
    uint32_t n_chunks = 0;
    uint32_t next_chunk = 0;
    uint32_t n_here = 0;  // in the chunk being added
  };
  std::unordered_map<std::string, Postings> postings_;
  std::vector<Postings*> here_;
  uint32_t n_chunks_ = 0;
};

struct PostingList {
  uint32_t n_chunks = 0;
  std::string_view bytes;
};

// Looks at bytes that live elsewhere.
class FieldIndex {
 public:
  FieldIndex() = default;
  // Errors: kCorruptFile where the sections do not fit together.
  static Result<FieldIndex> open(std::string_view terms, std::string_view blocks, std::string_view postings,
                                 uint32_t n_chunks);
  // Nothing for an unknown term. Errors: kCorruptFile.
  Result<std::optional<PostingList>> find(std::string_view term) const;
  uint32_t n_chunks() const { return n_chunks_; }

 private:
  std::string_view block_start(size_t block_idx) const;

  std::string_view terms_, blocks_, postings_;
  size_t n_blocks_ = 0;
  uint32_t n_chunks_ = 0;
};

// Calls visit(chunk, times) for each posting; false where the bytes are broken.
template <class Visit>
bool for_each_posting(const PostingList& list, uint32_t n_chunks, Visit visit) {
  ByteReader reader(list.bytes);
  uint64_t next = 0;
  while (reader.n_left() > 0) {
    uint64_t head = 0;
    uint32_t more = 0;
    if (!reader.varint(head)) return false;
    const uint64_t passed = head >> 1;
    if (passed >= n_chunks || next + passed >= n_chunks) return false;
    if ((head & 1) != 0 && (!reader.varint32(more) || more > UINT32_MAX - 2)) return false;
    visit(static_cast<uint32_t>(next + passed), (head & 1) != 0 ? more + 2 : 1);
    next += passed + 1;
  }
  return true;
}

}  // namespace hanok
