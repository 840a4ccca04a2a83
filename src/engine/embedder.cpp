#include "engine/embedder.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/locale.h"
#include "engine/model_files.h"

namespace hanok {
namespace {

constexpr size_t kTextsAtOnce = 4096;  // that are held as tokens

Error stopped(size_t n_done) {
  return Error{ErrorKind::kInterrupted,
               in_language("멈췄습니다", "stopped"),
               "",
               "",
               fmt::format(fmt::runtime(in_language("글 {}개까지", "after {} texts")), n_done),
               ""};
}

}  // namespace

Embedder::Embedder(Checkpoint checkpoint, Tokenizer tokenizer, const EmbedderOptions& options,
                   const KernelTable& kernels)
    : checkpoint_(std::move(checkpoint)),
      tokenizer_(std::move(tokenizer)),
      options_(options),
      pool_(options.n_threads),
      exec_{pool_, kernels, options.precision} {}

Result<std::unique_ptr<Embedder>> Embedder::load(const std::filesystem::path& path, const EmbedderOptions& options,
                                                 const std::function<void(double)>& progress) {
  HANOK_TRY(Checkpoint checkpoint, Checkpoint::open(path));
  HANOK_TRY(const KernelTable* kernels, choose_kernels());
  if (!is_encoder(checkpoint)) {
    ThreadPool pool(1);
    HANOK_RETURN_IF_ERROR(load_encoder_outline(checkpoint, {pool, *kernels}));
  }
  HANOK_TRY(Tokenizer tokenizer, open_tokenizer(checkpoint));
  std::unique_ptr<Embedder> embedder(new Embedder(std::move(checkpoint), std::move(tokenizer), options, *kernels));
  embedder->checkpoint_.forget_tokenizer();
  HANOK_RETURN_IF_ERROR(check_weights_fit(embedder->checkpoint_));
  PackCache packs = PackCache::open(options.packs, embedder->checkpoint_);
  HANOK_TRY(embedder->model_, load_encoder(embedder->checkpoint_, embedder->exec_, progress, &packs));
  embedder->packs_ = packs.publish(embedder->checkpoint_);
  HANOK_RETURN_IF_ERROR(check_vocabulary(embedder->tokenizer_, embedder->info().vocab, path));
  HANOK_RETURN_IF_ERROR(embedder->find_ends());
  return embedder;
}

Status Embedder::find_ends() {
  HANOK_TRY(const std::vector<int32_t> plain, tokenizer_.encode("a", {.add_special = false}));
  HANOK_TRY(const std::vector<int32_t> whole, tokenizer_.encode("a"));
  const auto found = std::search(whole.begin(), whole.end(), plain.begin(), plain.end());
  if (found != whole.end()) {
    begin_.assign(whole.begin(), found);
    end_.assign(found + static_cast<std::ptrdiff_t>(plain.size()), whole.end());
  }
  const auto n_ends = static_cast<int64_t>(begin_.size() + end_.size());
  if (found != whole.end() && n_ends < max_tokens()) return {};
  return fail(ErrorKind::kCorruptFile, "the tokens around a text leave no room for it", checkpoint_.path().string(),
              fmt::format("fewer than {}", max_tokens()), fmt::format("{}", n_ends));
}

const std::string& Embedder::prefix(TextRole role) const {
  static const std::string kNone;
  return role == TextRole::kQuery ? rules().query_prefix : role == TextRole::kPassage ? rules().passage_prefix : kNone;
}

Result<Embedder::Tokens> Embedder::tokenize(const std::string& text, const std::string& before) const {
  HANOK_TRY(const std::vector<int32_t> own,
            tokenizer_.encode(before + text, {.add_special = false, .parse_special = false}));
  const auto n_own = static_cast<int64_t>(own.size());
  const int64_t room = max_tokens() - static_cast<int64_t>(begin_.size() + end_.size());
  const int64_t n_kept = std::min(n_own, room);
  Tokens tokens{begin_, n_own - n_kept};
  tokens.ids.insert(tokens.ids.end(), own.begin(), own.begin() + n_kept);
  tokens.ids.insert(tokens.ids.end(), end_.begin(), end_.end());
  if (!tokens.ids.empty()) return tokens;
  return fail(ErrorKind::kInvalidInput, in_language("빈 글에는 벡터가 없습니다", "an empty text has no vector"));
}

// The texts at `idxs`, in one step.
Status Embedder::run_step(const ExecContext& exec, std::span<const Tokens> tokens, std::span<const size_t> idxs,
                          size_t first, Embeddings& out) {
  std::vector<int32_t> ids;
  std::vector<RowRange> sequences;
  for (const size_t idx : idxs) {
    sequences.push_back({static_cast<int64_t>(ids.size()), static_cast<int64_t>(tokens[idx].ids.size())});
    ids.insert(ids.end(), tokens[idx].ids.begin(), tokens[idx].ids.end());
  }
  const auto n_dims = static_cast<size_t>(dim());
  std::vector<float> vectors(idxs.size() * n_dims);
  model_->forward(exec, {ids, {}, sequences}, work_, vectors.data());
  HANOK_RETURN_IF_ERROR(packs_.state());
  if (!std::ranges::all_of(vectors, [](float x) { return std::isfinite(x); })) {
    HANOK_RETURN_IF_ERROR(packs_.check());
    return fail(ErrorKind::kCorruptFile,
                in_language("모델의 출력이 수가 아닙니다", "the model's output is not a number"),
                checkpoint_.path().string(), {}, {},
                in_language("모델의 파일이 깨졌을 수 있습니다. 다시 받으세요",
                            "the model's files may be damaged: fetch them again"));
  }
  for (size_t i = 0; i < idxs.size(); ++i)
    std::copy_n(vectors.data() + i * n_dims, n_dims, out.vectors.data() + (first + idxs[i]) * n_dims);
  return {};
}

Status Embedder::embed_some(std::span<const std::string> texts, TextRole role, size_t first, Embeddings& out,
                            const std::function<bool(size_t)>& progress) {
  const ExecContext exec{pool_, exec_.kernels, role == TextRole::kQuery ? Precision::kF32 : exec_.precision};
  const std::string& before = prefix(role);
  std::vector<Tokens> tokens(texts.size());
  std::mutex mutex;
  std::optional<Error> error;
  pool_.run(static_cast<int64_t>(texts.size()), [&](int64_t i, int) {
    auto own = tokenize(texts[static_cast<size_t>(i)], before);
    if (own) {
      tokens[static_cast<size_t>(i)] = std::move(*own);
      return;
    }
    const std::lock_guard lock(mutex);
    error = own.error().in(
        fmt::format(fmt::runtime(in_language("{}번째 글", "text {}")), first + 1 + static_cast<size_t>(i)));
  });
  if (error) return fail(*error);
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return tokens[a].ids.size() > tokens[b].ids.size(); });
  for (size_t done = 0; done < order.size();) {
    size_t end = done;
    for (int64_t n_tokens = 0; end < order.size(); ++end) {
      n_tokens += static_cast<int64_t>(tokens[order[end]].ids.size());
      if (end > done && n_tokens > options_.step_tokens) break;
    }
    HANOK_RETURN_IF_ERROR(run_step(exec, tokens, std::span(order).subspan(done, end - done), first, out));
    done = end;
    if (progress && !progress(first + done)) return fail(stopped(first + done));
  }
  for (size_t i = 0; i < tokens.size(); ++i)
    out.texts[first + i] = {static_cast<int64_t>(tokens[i].ids.size()), tokens[i].n_left_out};
  return {};
}

Result<Embeddings> Embedder::embed(std::span<const std::string> texts, TextRole role,
                                   const std::function<bool(size_t)>& progress) {
  Embeddings out;
  out.dim = dim();
  out.vectors.resize(texts.size() * static_cast<size_t>(out.dim));
  out.texts.resize(texts.size());
  for (size_t first = 0; first < texts.size(); first += kTextsAtOnce) {
    const auto some = texts.subspan(first, std::min(kTextsAtOnce, texts.size() - first));
    HANOK_RETURN_IF_ERROR(embed_some(some, role, first, out, progress));
  }
  return out;
}

float cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? static_cast<float>(dot / std::sqrt(aa * bb)) : 0.0f;
}

}  // namespace hanok
