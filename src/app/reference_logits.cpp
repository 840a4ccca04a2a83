#include "app/reference_logits.h"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {
namespace {

constexpr char kMagic[] = "_logits_";
constexpr size_t kHeaderBytes = 8 + 3 * sizeof(int32_t);

size_t row_bytes(int64_t vocab) {
  return 2 * static_cast<size_t>(4 + (vocab + 1) / 2 * 2);
}

int64_t rows_per_chunk(int64_t context) {
  return context - 1 - context / 2;
}

}  // namespace

Result<ReferenceLogits> ReferenceLogits::open(const std::filesystem::path& path) {
  ReferenceLogits logits;
  HANOK_TRY(logits.file_, MappedFile::open(path));
  const std::span<const std::byte> bytes = logits.file_.bytes();
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic, 8) != 0) {
    return fail(ErrorKind::kCorruptFile, in_language("로짓 파일이 아닙니다", "not a file of logits"), path.string(),
                kMagic, "something else",
                "tools/goldens/reference_logits.py and llama-perplexity --kl-divergence-base write such files");
  }
  int32_t sizes[3];
  std::memcpy(sizes, bytes.data() + 8, sizeof sizes);
  logits.context_ = sizes[0], logits.vocab_ = sizes[1], logits.n_chunks_ = sizes[2];
  constexpr int64_t kMost = 1 << 20;
  if (sizes[0] < 4 || sizes[0] > kMost || sizes[1] < 1 || sizes[1] > kMost || sizes[2] < 1 || sizes[2] > kMost) {
    return fail(ErrorKind::kCorruptFile, "sizes out of range", path.string(),
                fmt::format("context, vocabulary and chunks of 4, 1, 1 to {}", kMost),
                fmt::format("{}, {}, {}", sizes[0], sizes[1], sizes[2]));
  }
  const size_t n_tokens = static_cast<size_t>(sizes[0]) * static_cast<size_t>(sizes[2]);
  const size_t n_rows = static_cast<size_t>(rows_per_chunk(sizes[0])) * static_cast<size_t>(sizes[2]);
  const size_t expected = kHeaderBytes + n_tokens * sizeof(int32_t) + n_rows * row_bytes(sizes[1]);
  if (bytes.size() != expected) {
    return fail(ErrorKind::kCorruptFile, "another size than its header says", path.string(),
                fmt::format("{} bytes", expected), fmt::format("{} bytes", bytes.size()));
  }
  logits.tokens_.resize(n_tokens);
  std::memcpy(logits.tokens_.data(), bytes.data() + kHeaderBytes, n_tokens * sizeof(int32_t));
  return logits;
}

std::vector<float> ReferenceLogits::rows(int64_t chunk_idx) const {
  const auto n_rows = static_cast<size_t>(rows_per_chunk(context_)), vocab = static_cast<size_t>(vocab_);
  const std::byte* at = file_.bytes().data() + kHeaderBytes + tokens_.size() * sizeof(int32_t) +
                        static_cast<size_t>(chunk_idx) * n_rows * row_bytes(vocab_);
  std::vector<float> rows(n_rows * vocab);
  std::vector<uint16_t> steps(vocab);
  for (size_t r = 0; r < n_rows; ++r, at += row_bytes(vocab_)) {
    float scale_and_lowest[2];
    std::memcpy(scale_and_lowest, at, 8);
    std::memcpy(steps.data(), at + 8, 2 * vocab);
    for (size_t v = 0; v < vocab; ++v) {
      rows[r * vocab + v] =
          steps[v] == 0 ? -INFINITY : scale_and_lowest[0] * static_cast<float>(steps[v]) + scale_and_lowest[1];
    }
  }
  return rows;
}

}  // namespace hanok
