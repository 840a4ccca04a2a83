// Turns texts into vectors with an encoder: tokenized, sorted by length, several in a step, cut at the model's maximum.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "formats/checkpoint.h"
#include "model/encoder_model.h"
#include "ops/context.h"
#include "text/tokenizer.h"

namespace hanok {

// Which of the model's prefixes comes before a text.
enum class TextRole { kQuery, kPassage, kPlain };

struct EmbedderOptions {
  int n_threads = 0;  // 0: all processors of this process
  Precision precision = Precision::kInt8;
  int64_t step_tokens = 2048;  // about so many tokens are computed at once
  PackCacheOptions packs;      // none unless a folder is named
};

struct EmbeddedText {
  int64_t n_tokens = 0;    // that the vector was made of, special ones included
  int64_t n_left_out = 0;  // tokens of the text beyond the model's maximum
};

struct Embeddings {
  int64_t dim = 0;
  std::vector<float> vectors;       // [n_texts, dim], in the order of the texts
  std::vector<EmbeddedText> texts;  // of each text

  std::span<const float> vector(size_t text_idx) const {
    return std::span(vectors).subspan(text_idx * static_cast<size_t>(dim), static_cast<size_t>(dim));
  }
};

class Embedder {
 public:
  // Opens a GGUF file or a folder and packs its weights. progress: share of the weights taken, 0 to 1.
  // Errors: whatever the files hold; a model that is no encoder; weights that do not fit into memory.
  static Result<std::unique_ptr<Embedder>> load(const std::filesystem::path& path, const EmbedderOptions& options,
                                                const std::function<void(double)>& progress = {});

  // Special tokens written in a text are plain text. A vector does not depend on the other texts. Queries are computed
  // in f32 whatever the precision: they are short, and rounding them to int8 costs ranks. progress is called with the
  // texts done so far; false ends the work. Errors: kInterrupted; what the tokenizer refuses; kCorruptFile for weights
  // that give no numbers.
  Result<Embeddings> embed(std::span<const std::string> texts, TextRole role,
                           const std::function<bool(size_t)>& progress = {});

  const ModelInfo& info() const { return model_->info; }
  const EmbeddingRules& rules() const { return model_->rules; }
  const std::string& prefix(TextRole role) const;
  int64_t dim() const { return model_->info.hidden; }
  int64_t max_tokens() const { return model_->info.max_context; }

 private:
  struct Tokens {
    std::vector<int32_t> ids;
    int64_t n_left_out = 0;
  };
  Embedder(Checkpoint checkpoint, Tokenizer tokenizer, const EmbedderOptions& options, const KernelTable& kernels);
  Status find_ends();
  Result<Tokens> tokenize(const std::string& text, const std::string& before) const;
  Status embed_some(std::span<const std::string> texts, TextRole role, size_t first, Embeddings& out,
                    const std::function<bool(size_t)>& progress);
  Status run_step(const ExecContext& exec, std::span<const Tokens> tokens, std::span<const size_t> idxs, size_t first,
                  Embeddings& out);

  Checkpoint checkpoint_;
  Tokenizer tokenizer_;
  EmbedderOptions options_;
  ThreadPool pool_;
  ExecContext exec_;
  std::unique_ptr<EncoderModel> model_;
  PackKeeper packs_;
  Workspace work_;
  std::vector<int32_t> begin_, end_;  // tokens around every text
};

// The cosine of two vectors of the same length; 0 where one is all zeros.
float cosine(std::span<const float> a, std::span<const float> b);

}  // namespace hanok
