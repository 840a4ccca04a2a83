#include "search/field_index.h"

#include <algorithm>

#include "base/locale.h"
#include "search/terms.h"

namespace hanok {
namespace {

constexpr size_t kTermsPerBlock = 32;
constexpr size_t kBlockRecordBytes = sizeof(uint32_t) + sizeof(uint64_t);

tl::unexpected<Error> broken(const char* what) {
  return fail(ErrorKind::kCorruptFile, in_language("색인이 깨졌습니다", "the index is broken"), what);
}

size_t shared_bytes(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// One term of a block, as it stands in `terms`.
struct TermEntry {
  std::string term;
  uint32_t n_chunks = 0;
  uint64_t posting_bytes = 0;
};

bool read_entry(ByteReader& reader, TermEntry& entry) {
  uint32_t n_shared = 0, n_rest = 0;
  std::string_view rest;
  if (!reader.varint32(n_shared) || !reader.varint32(n_rest) || !reader.take(n_rest, rest)) return false;
  if (n_shared > entry.term.size() || n_shared + n_rest > kMaxTermBytes) return false;
  entry.term.resize(n_shared);
  entry.term += rest;
  return reader.varint32(entry.n_chunks) && reader.varint(entry.posting_bytes);
}

}  // namespace

uint32_t FieldIndexWriter::add(std::string_view folded) {
  uint32_t n_terms = 0;
  std::string key;
  for_each_term(folded, [&](std::string_view term) {
    key.assign(term);
    Postings& postings = postings_[key];
    if (postings.n_here++ == 0) here_.push_back(&postings);
    ++n_terms;
  });
  for (Postings* postings : here_) {
    const uint64_t passed = n_chunks_ - postings->next_chunk;
    put_varint(postings->bytes, passed << 1 | (postings->n_here > 1 ? 1 : 0));
    if (postings->n_here > 1) put_varint(postings->bytes, postings->n_here - 2);
    postings->next_chunk = n_chunks_ + 1;
    postings->n_here = 0;
    ++postings->n_chunks;
  }
  here_.clear();
  ++n_chunks_;
  return n_terms;
}

FieldBytes FieldIndexWriter::finish() const {
  std::vector<const std::pair<const std::string, Postings>*> sorted;
  sorted.reserve(postings_.size());
  for (const auto& entry : postings_) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  FieldBytes out;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const auto& [term, postings] = *sorted[i];
    size_t n_shared = 0;
    if (i % kTermsPerBlock == 0) {
      put_le(out.blocks, static_cast<uint32_t>(out.terms.size()));
      put_le(out.blocks, static_cast<uint64_t>(out.postings.size()));
    } else {
      n_shared = shared_bytes(sorted[i - 1]->first, term);
    }
    put_varint(out.terms, n_shared);
    put_text(out.terms, std::string_view(term).substr(n_shared));
    put_varint(out.terms, postings.n_chunks);
    put_varint(out.terms, postings.bytes.size());
    out.postings += postings.bytes;
  }
  return out;
}

Result<FieldIndex> FieldIndex::open(std::string_view terms, std::string_view blocks, std::string_view postings,
                                    uint32_t n_chunks) {
  if (blocks.size() % kBlockRecordBytes != 0) return broken("blocks of terms");
  FieldIndex index;
  index.terms_ = terms;
  index.blocks_ = blocks;
  index.postings_ = postings;
  index.n_blocks_ = blocks.size() / kBlockRecordBytes;
  index.n_chunks_ = n_chunks;
  uint64_t last_term = 0, last_posting = 0;
  for (size_t i = 0; i < index.n_blocks_; ++i) {
    const uint64_t term = number_at<uint32_t>(blocks, i * kBlockRecordBytes);
    const auto posting = number_at<uint64_t>(blocks, i * kBlockRecordBytes + sizeof(uint32_t));
    if (term < last_term || term >= terms.size() || posting < last_posting || posting > postings.size())
      return broken("blocks of terms");
    last_term = term;
    last_posting = posting;
  }
  return index;
}

std::string_view FieldIndex::block_start(size_t block_idx) const {
  return terms_.substr(number_at<uint32_t>(blocks_, block_idx * kBlockRecordBytes));
}

Result<std::optional<PostingList>> FieldIndex::find(std::string_view term) const {
  size_t low = 0, high = n_blocks_;  // the block before `high` is the last that does not begin behind the term
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    ByteReader reader(block_start(middle));
    TermEntry entry;
    if (!read_entry(reader, entry)) return broken("terms");
    if (entry.term <= term) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (high == 0) return std::nullopt;
  ByteReader reader(block_start(high - 1));
  auto offset = number_at<uint64_t>(blocks_, (high - 1) * kBlockRecordBytes + sizeof(uint32_t));
  TermEntry entry;
  for (size_t i = 0; i < kTermsPerBlock && reader.n_left() > 0; ++i) {
    if (!read_entry(reader, entry)) return broken("terms");
    if (entry.posting_bytes > postings_.size() - offset) return broken("postings");
    if (entry.term == term) {
      if (entry.n_chunks > n_chunks_) return broken("postings");
      return PostingList{entry.n_chunks, postings_.substr(offset, entry.posting_bytes)};
    }
    if (entry.term > term) break;
    offset += entry.posting_bytes;
  }
  return std::nullopt;
}

}  // namespace hanok
