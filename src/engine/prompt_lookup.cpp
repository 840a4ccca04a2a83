#include "engine/prompt_lookup.h"

#include <algorithm>

#include "base/hash.h"

namespace hanok {
namespace {

constexpr size_t kWords = 3;        // tokens that must agree
constexpr int kStart = 3;           // tokens of a first guess
constexpr double kStartGain = 0.5;  // a chance for two or three checks
constexpr int64_t kShortestPause = 16, kLongestPause = 256;

// Of the kWords tokens before `end`.
uint64_t key_before(std::span<const int32_t> text, size_t end) {
  const auto words = text.subspan(end - kWords, kWords);
  return fnv1a({reinterpret_cast<const char*>(words.data()), words.size_bytes()});
}

}  // namespace

PromptLookup::PromptLookup(int most)
    : most_(most), length_(std::min(kStart, most)), gain_(kStartGain), pause_(kShortestPause) {}

std::span<const int32_t> PromptLookup::guess(std::span<const int32_t> text, int64_t room) {
  if (most_ <= 0 || text.size() < kWords) return {};
  for (n_known_ = std::max(n_known_, kWords); n_known_ < text.size(); ++n_known_)
    followed_by_[key_before(text, n_known_)] = n_known_;
  if (plain_ms_ == 0 || static_cast<int64_t>(text.size()) < pause_until_) return {};
  const auto found = followed_by_.find(key_before(text, text.size()));
  if (found == followed_by_.end()) return {};
  const auto rest = text.subspan(found->second);
  return rest.first(static_cast<size_t>(std::clamp<int64_t>(std::min<int64_t>(length_, room), 0, std::ssize(rest))));
}

void PromptLookup::checked_step(double ms, int64_t n_guessed, int64_t n_right) {
  const double saved = static_cast<double>(n_right + 1) - ms / plain_ms_;
  gain_ = 0.75 * gain_ + 0.25 * saved;
  const int64_t wanted = n_right == n_guessed ? 2 * n_guessed + 1 : std::max<int64_t>(n_right + 1, 2);
  length_ = static_cast<int>(std::min<int64_t>(wanted, most_));
  if (gain_ >= 0) {
    if (n_right == n_guessed) pause_ = kShortestPause;
    return;
  }
  pause_until_ = static_cast<int64_t>(n_known_) + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
  gain_ = kStartGain;
  length_ = std::min(kStart, most_);
}

}  // namespace hanok
