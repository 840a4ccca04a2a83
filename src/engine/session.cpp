#include "engine/session.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <fmt/format.h>

#include "base/locale.h"
#include "engine/dry_breakers.h"
#include "text/stream_decoder.h"

namespace hanok {
namespace {

bool is_cancelled(const std::atomic<bool>* cancel) {
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}

}  // namespace

double monotonic_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Session::Session(Engine& engine, std::function<double()> clock_ms)
    : engine_(engine),
      clock_ms_(std::move(clock_ms)),
      cache_(engine.model().kv_shape(), engine.kv_type(), engine.context()),
      logits_(static_cast<size_t>(engine.info().vocab)) {}

void Session::truncate(int64_t n_tokens) {
  n_tokens = std::clamp<int64_t>(n_tokens, 0, static_cast<int64_t>(cached_.size()));
  cache_.truncate(n_tokens);
  cached_.resize(static_cast<size_t>(n_tokens));
}

Status Session::check(std::span<const int32_t> ids, int64_t n_cached) const {
  if (ids.empty())
    return fail(ErrorKind::kInvalidInput, in_language("글이 비어 있습니다", "empty prompt"),
                in_language("글", "prompt"), in_language("토큰 하나 이상", "at least one token"),
                in_language("없음", "none"));
  for (const int32_t id : ids) {
    if (id < 0 || id >= engine_.info().vocab) {
      return fail(ErrorKind::kInvalidInput, in_language("어휘에 없는 토큰입니다", "token outside the vocabulary"),
                  in_language("글", "prompt"),
                  fmt::format(fmt::runtime(in_language("0부터 {}까지", "0 to {}")), engine_.info().vocab - 1),
                  fmt::format("{}", id));
    }
  }
  const int64_t n_tokens = n_cached + static_cast<int64_t>(ids.size());
  if (n_tokens > engine_.context()) {
    return fail(ErrorKind::kLimit, in_language("글이 문맥보다 깁니다", "prompt longer than the context"),
                in_language("글", "prompt"),
                fmt::format(fmt::runtime(in_language("최대 {}토큰", "at most {} tokens")), engine_.context()),
                fmt::format("{}", n_tokens),
                in_language("글을 줄이거나 --context를 늘리세요", "shorten the text or raise --context"));
  }
  return {};
}

void Session::feed(std::span<const int32_t> ids, std::span<const int64_t> logit_rows, float* logits) {
  const auto first = static_cast<int32_t>(cached_.size());
  std::vector<int32_t> positions(ids.size());
  std::iota(positions.begin(), positions.end(), first);
  const AttentionSegment segment{&cache_, 0, static_cast<int64_t>(ids.size()), first};
  const Batch batch{ids, positions, std::span(&segment, 1), logit_rows};
  engine_.model().forward(engine_.exec(), batch, work_, logits);
  cached_.insert(cached_.end(), ids.begin(), ids.end());
}

bool Session::prefill(std::span<const int32_t> ids, const std::atomic<bool>* cancel) {
  logits_.resize(static_cast<size_t>(engine_.info().vocab));
  while (!ids.empty()) {
    if (is_cancelled(cancel)) return false;
    const std::span<const int32_t> chunk = ids.first(std::min(kPromptStep, ids.size()));
    ids = ids.subspan(chunk.size());
    const int64_t last = static_cast<int64_t>(chunk.size()) - 1;
    feed(chunk, std::span(&last, ids.empty() ? 1u : 0u), logits_.data());
  }
  return true;
}

Result<std::vector<float>> Session::logits(std::span<const int32_t> ids, bool all) {
  HANOK_RETURN_IF_ERROR(check(ids, static_cast<int64_t>(cached_.size())));
  if (!all) {
    prefill(ids, nullptr);
    HANOK_RETURN_IF_ERROR(engine_.weights_state());
    return logits_;
  }
  const auto vocab = static_cast<size_t>(engine_.info().vocab);
  std::vector<float> result(ids.size() * vocab);
  std::vector<int64_t> rows(std::min(kPromptStep, ids.size()));
  std::iota(rows.begin(), rows.end(), 0);
  for (size_t done = 0; done < ids.size(); done += kPromptStep) {
    const size_t n = std::min(kPromptStep, ids.size() - done);
    feed(ids.subspan(done, n), std::span(rows).first(n), result.data() + done * vocab);
  }
  HANOK_RETURN_IF_ERROR(engine_.weights_state());
  return result;
}

// The logits of the next token: those of the last one computed, or of a guess that proved right. Steps are computed as
// they are needed, with guesses where these pay.
class Session::Steps {
 public:
  Steps(Session& session, int most_guesses) : session_(session), lookup_(most_guesses) {}
  ~Steps() { settle(); }

  // The logits after everything sampled so far.
  std::span<const float> logits() const {
    const auto vocab = static_cast<size_t>(session_.engine_.info().vocab);
    return std::span(session_.logits_).subspan(n_right_ * vocab, vocab);
  }
  // A token was sampled from logits(). Whether the next logits are there already.
  bool take(int32_t token) {
    const bool is_right = n_right_ < guessed_.size() && guessed_[n_right_] == token;
    if (is_right) ++n_right_;
    return is_right;
  }
  // Computes the logits after the text's last token, and after up to `room` guesses of what follows it.
  void compute(std::span<const int32_t> text, int64_t room) {
    settle();
    const auto guess = lookup_.guess(text, room);
    guessed_.assign(guess.begin(), guess.end());
    n_guessed += static_cast<int64_t>(guessed_.size());
    std::vector<int32_t> ids{text.back()};
    ids.insert(ids.end(), guessed_.begin(), guessed_.end());
    std::vector<int64_t> rows(ids.size());
    std::iota(rows.begin(), rows.end(), 0);
    session_.logits_.resize(ids.size() * static_cast<size_t>(session_.engine_.info().vocab));
    const double start_ms = session_.clock_ms_();
    session_.feed(ids, rows, session_.logits_.data());
    step_ms_ = session_.clock_ms_() - start_ms;
    if (guessed_.empty()) lookup_.plain_step(step_ms_);
  }

  // Forgets the guesses that proved wrong.
  void settle() {
    if (guessed_.empty()) return;
    lookup_.checked_step(step_ms_, static_cast<int64_t>(guessed_.size()), static_cast<int64_t>(n_right_));
    session_.truncate(static_cast<int64_t>(session_.cached_.size() - guessed_.size() + n_right_));
    n_guessed_right += static_cast<int64_t>(n_right_);
    guessed_.clear();
    n_right_ = 0;
  }

  int64_t n_guessed = 0, n_guessed_right = 0;

 private:
  Session& session_;
  PromptLookup lookup_;
  std::vector<int32_t> guessed_;  // computed after the last token
  size_t n_right_ = 0;            // how many of them were sampled
  double step_ms_ = 0;
};

Result<Generation> Session::generate(std::span<const int32_t> prompt, const SamplingOptions& sampling,
                                     const std::function<bool(std::string_view)>& on_text,
                                     const std::atomic<bool>* cancel) {
  HANOK_RETURN_IF_ERROR(check_sampling(sampling, engine_.info().vocab));
  HANOK_RETURN_IF_ERROR(check(prompt, 0));
  // The last token is always computed again: its logits are not kept.
  const auto mismatch = std::mismatch(prompt.begin(), prompt.end() - 1, cached_.begin(), cached_.end());
  Generation result;
  result.n_prompt = static_cast<int64_t>(prompt.size());
  result.n_prompt_reused = mismatch.first - prompt.begin();
  truncate(result.n_prompt_reused);

  const double start_ms = clock_ms_();
  const bool complete = prefill(prompt.subspan(static_cast<size_t>(result.n_prompt_reused)), cancel);
  const double prompt_end_ms = clock_ms_();
  result.prompt_ms = prompt_end_ms - start_ms;
  if (!complete) {
    result.reason = StopReason::kCancelled;
    return result;
  }

  HANOK_RETURN_IF_ERROR(answer(prompt, sampling, on_text, cancel, result));
  result.generate_ms = clock_ms_() - prompt_end_ms;
  return result;
}

Status Session::answer(std::span<const int32_t> prompt, const SamplingOptions& sampling,
                       const std::function<bool(std::string_view)>& on_text, const std::atomic<bool>* cancel,
                       Generation& result) {
  Sampler sampler(sampling, dry_breakers(engine_.tokenizer(), sampling));
  StreamDecoder decoder(engine_.tokenizer(), sampling.stop, engine_.shown_specials());
  Steps steps(*this, sampling.lookup);
  std::vector<int32_t> history(prompt.begin(), prompt.end());
  const auto show = [&](const std::string& piece) {
    result.text += piece;
    return piece.empty() || !on_text || on_text(piece);
  };
  bool is_computed = true;  // the logits after the last token
  for (;;) {
    const int64_t n_left =
        sampling.max_tokens < 0 ? engine_.context() : sampling.max_tokens - static_cast<int64_t>(result.ids.size());
    if (n_left <= 0) {
      result.reason = StopReason::kMaxTokens;
      break;
    }
    if (!is_computed) {  // the last token is computed only once another is wanted
      const int64_t n_free = engine_.context() - static_cast<int64_t>(history.size()) + 1;
      if (n_free <= 0) {
        result.reason = StopReason::kContextFull;
        break;
      }
      steps.compute(history, std::min(n_free, n_left) - 1);
    }
    HANOK_RETURN_IF_ERROR(engine_.weights_state());
    const auto token = sampler.sample(steps.logits(), history);
    if (!token && token.error().kind == ErrorKind::kCorruptFile) HANOK_RETURN_IF_ERROR(engine_.check_weights());
    if (!token) return fail(token.error());
    history.push_back(*token);
    result.ids.push_back(*token);
    is_computed = steps.take(*token);
    if (engine_.ends_generation(*token) && !sampling.ignore_eos) break;
    const bool wanted = show(decoder.push(*token));
    if (decoder.stopped()) {
      result.reason = StopReason::kStopString;
      break;
    }
    if (!wanted || is_cancelled(cancel)) {
      result.reason = StopReason::kCancelled;
      break;
    }
  }
  if (result.reason != StopReason::kStopString) show(decoder.finish());
  steps.settle();
  result.n_guessed = steps.n_guessed;
  result.n_guessed_right = steps.n_guessed_right;
  return {};
}

}  // namespace hanok
