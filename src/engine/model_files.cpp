#include "engine/model_files.h"

#include <fmt/format.h>

#include "base/locale.h"
#include "base/memory.h"

namespace hanok {
namespace {

double gib(uint64_t n_bytes) {
  return static_cast<double>(n_bytes) / (1 << 30);
}

}  // namespace

Result<Tokenizer> open_tokenizer(const Checkpoint& checkpoint) {
  return checkpoint.is_gguf() ? Tokenizer::from_gguf(checkpoint.gguf()) : Tokenizer::from_folder(checkpoint.path());
}

Status check_weights_fit(const Checkpoint& checkpoint) {
  const uint64_t needed = checkpoint.weights_bytes();
  const auto available = available_memory();
  if (!available || needed <= *available) return {};
  return fail(ErrorKind::kOutOfMemory, in_language("모델이 메모리보다 큽니다", "model larger than memory"),
              checkpoint.path().string(),
              fmt::format(fmt::runtime(in_language("가중치 최대 {:.1f} GiB", "at most {:.1f} GiB of weights")),
                          gib(*available)),
              fmt::format("{:.1f} GiB", gib(needed)),
              in_language("더 작은 모델을 고르거나 hanok quantize로 만드세요",
                          "choose a smaller model, or make one with hanok quantize"));
}

Status check_vocabulary(const Tokenizer& tokenizer, int64_t vocab, const std::filesystem::path& path) {
  for (int64_t id = vocab; id < tokenizer.vocab_size(); ++id) {
    const auto token = static_cast<int32_t>(id);
    if (tokenizer.is_special(token) || tokenizer.piece(token).empty()) continue;
    return fail(ErrorKind::kCorruptFile,
                in_language("토크나이저와 모델이 맞지 않습니다", "tokenizer and model disagree"), path.string(),
                fmt::format(fmt::runtime(in_language("토큰 최대 {}개", "at most {} tokens")), vocab),
                fmt::format(fmt::runtime(in_language("토큰 {}개", "{} tokens")), tokenizer.vocab_size()),
                in_language("토크나이저 파일이 다른 모델의 것입니다", "the tokenizer's files belong to another model"));
  }
  return {};
}

}  // namespace hanok
