// Another program's distribution over a text, in the file format of llama-perplexity's --kl-divergence-base.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"

namespace hanok {

// The file: "_logits_", then i32 context, vocab and number of chunks, the chunks' tokens as i32, then per chunk the
// rows of its second half but the last token. A row: f32 scale, f32 lowest log probability, u16 steps [vocab rounded up
// to even].
class ReferenceLogits {
 public:
  // Errors: not such a file, sizes out of range, an end that is not where the header says.
  static Result<ReferenceLogits> open(const std::filesystem::path& path);

  int64_t context() const { return context_; }
  int64_t vocab() const { return vocab_; }
  int64_t n_chunks() const { return n_chunks_; }
  std::span<const int32_t> tokens() const { return tokens_; }  // [n_chunks * context]
  // The log probabilities of one chunk's rows [context - 1 - context / 2, vocab]; minus infinity where the file's
  // lowest step stands: it says "at most this".
  std::vector<float> rows(int64_t chunk_idx) const;

 private:
  MappedFile file_;
  int64_t context_ = 0, vocab_ = 0, n_chunks_ = 0;
  std::vector<int32_t> tokens_;
};

}  // namespace hanok
