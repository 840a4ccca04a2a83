#include "app/perplexity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "engine/session.h"

namespace hanok {
namespace {

struct TokenScore {
  double negative_log = 0, divergence = 0, reference_negative_log = 0;
  bool same_top = false;
};

// log(sum(exp(x))), in double.
double log_sum_exp(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (const float x : logits) total += std::exp(x - largest);
  return largest + std::log(total);
}

size_t largest_idx(std::span<const float> logits) {
  return static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// A recorded reference cuts very small probabilities off: the lowest it still tells stands for them.
float finite_or_lowest(std::span<const float> logits, size_t idx) {
  if (std::isfinite(logits[idx])) return logits[idx];
  float lowest = std::numeric_limits<float>::max();
  for (const float x : logits) lowest = std::isfinite(x) ? std::min(lowest, x) : lowest;
  return lowest;
}

// expected: the reference's log probabilities, or empty.
TokenScore score_token(std::span<const float> logits, std::span<const float> expected, int32_t next) {
  const double log_total = log_sum_exp(logits);
  TokenScore score;
  score.negative_log = log_total - logits[static_cast<size_t>(next)];
  if (expected.empty()) return score;
  for (size_t v = 0; v < logits.size(); ++v) {
    const double log_p = expected[v], log_q = logits[v] - log_total;
    if (std::isfinite(log_p)) score.divergence += std::exp(log_p) * (log_p - log_q);
  }
  score.reference_negative_log = -finite_or_lowest(expected, static_cast<size_t>(next));
  score.same_top = largest_idx(logits) == largest_idx(expected);
  return score;
}

// The logits after each token of the chunk from `first` on: [n - first, vocab].
Result<std::vector<float>> second_half_logits(Session& session, std::span<const int32_t> chunk, size_t first) {
  session.clear();
  HANOK_TRY(const std::vector<float> unused, session.logits(chunk.first(first), false));
  return session.logits(chunk.subspan(first), true);
}

}  // namespace

double PerplexityScore::perplexity() const {
  return std::exp(negative_log / static_cast<double>(n_tokens));
}

double PerplexityScore::standard_error() const {
  if (n_tokens < 2) return 0;
  const auto n = static_cast<double>(n_tokens);
  const double mean = negative_log / n, variance = std::max(0.0, negative_log_squares / n - mean * mean);
  return std::exp(mean) * std::sqrt(variance / (n - 1));
}

ReferenceRows rows_of(Engine& engine) {
  return [&engine, session = std::make_shared<Session>(engine)](
             int64_t, std::span<const int32_t> chunk) -> Result<std::vector<float>> {
    HANOK_TRY(std::vector<float> rows, second_half_logits(*session, chunk, chunk.size() / 2));
    const auto vocab = static_cast<size_t>(engine.info().vocab);
    engine.exec().pool.run(static_cast<int64_t>(rows.size() / vocab), [&](int64_t i, int) {
      const std::span<float> row = std::span(rows).subspan(static_cast<size_t>(i) * vocab, vocab);
      const double log_total = log_sum_exp(row);
      for (float& x : row) x = static_cast<float>(x - log_total);
    });
    return rows;
  };
}

Result<PerplexityScore> score_perplexity(Engine& engine, const ReferenceRows& reference, std::span<const int32_t> ids,
                                         int64_t n_context, int64_t n_chunks,
                                         const std::function<bool(const PerplexityScore&)>& after_chunk) {
  const auto n = static_cast<size_t>(n_context), first = n / 2;
  if (ids.size() < n) {
    return fail(ErrorKind::kInvalidInput, in_language("글이 너무 짧습니다", "text too short"), "FILE",
                fmt::format(fmt::runtime(in_language("토큰 {}개 이상", "at least {} tokens")), n),
                fmt::format(fmt::runtime(in_language("토큰 {}개", "{} tokens")), ids.size()),
                in_language("더 긴 글을 주거나 --context를 줄이세요", "give a longer text or a smaller --context"));
  }
  Session session(engine);
  const auto vocab = static_cast<size_t>(engine.info().vocab);
  HANOK_TRY(const std::vector<int32_t> added, engine.tokenizer().encode(""));
  const std::optional<int32_t> begin = added.empty() ? std::nullopt : engine.tokenizer().bos_id();
  PerplexityScore score;
  std::vector<TokenScore> scores(n - 1 - first);
  for (size_t at = 0; at + n <= ids.size() && score.n_chunks < n_chunks; at += n) {
    std::vector<int32_t> chunk(ids.begin() + static_cast<long>(at), ids.begin() + static_cast<long>(at + n));
    if (begin) chunk[0] = *begin;
    HANOK_TRY(const std::vector<float> logits, second_half_logits(session, chunk, first));
    std::vector<float> expected;
    if (reference) {
      HANOK_TRY(expected, reference(score.n_chunks, chunk));
    }
    engine.exec().pool.run(static_cast<int64_t>(scores.size()), [&](int64_t i, int) {
      const auto row = static_cast<size_t>(i);
      const auto row_of = [&](const std::vector<float>& all) {
        return all.empty() ? std::span<const float>() : std::span(all).subspan(row * vocab, vocab);
      };
      scores[row] = score_token(row_of(logits), row_of(expected), chunk[first + row + 1]);
    });
    for (const TokenScore& s : scores) {
      score.negative_log += s.negative_log;
      score.negative_log_squares += s.negative_log * s.negative_log;
      score.divergence += s.divergence;
      score.reference_negative_log += s.reference_negative_log;
      score.n_same_top += s.same_top ? 1 : 0;
    }
    score.n_tokens += static_cast<int64_t>(scores.size());
    ++score.n_chunks;
    if (after_chunk(score)) continue;
    return fail(ErrorKind::kInterrupted, in_language("끝나기 전에 멈췄습니다", "stopped before the end"), "FILE",
                fmt::format("{} chunks", ids.size() / n),
                fmt::format("{} chunks, perplexity {:.4f} so far", score.n_chunks, score.perplexity()));
  }
  return score;
}

}  // namespace hanok
