#include "engine/prompt_lookup.h"

#include <algorithm>

namespace hanok {
namespace {

constexpr int kStart = 3;           // tokens of a first guess
constexpr double kStartGain = 0.5;  // a chance for two or three checks
constexpr int64_t kShortestPause = 16, kLongestPause = 256;

}  // namespace

PromptLookup::PromptLookup(std::span<const int32_t> prompt, int most)
    : most_(most), length_(std::min(kStart, most)), gain_(kStartGain), pause_(kShortestPause) {
  if (most_ <= 0) return;
  text_.reserve(prompt.size() + 256);
  followed_by_.reserve(prompt.size());
  for (const int32_t token : prompt) add(token);
}

uint64_t PromptLookup::end_key() const {
  uint64_t key = 0xcbf29ce484222325u;
  for (auto token = text_.end() - kWords; token != text_.end(); ++token)
    key = (key ^ static_cast<uint32_t>(*token)) * 0x100000001b3u;
  return key;
}

void PromptLookup::add(int32_t token) {
  if (most_ <= 0) return;
  if (text_.size() >= kWords) followed_by_[end_key()] = text_.size();
  text_.push_back(token);
}

std::span<const int32_t> PromptLookup::guess(int64_t room) {
  const auto n_text = static_cast<int64_t>(text_.size());
  if (most_ <= 0 || plain_ms_ == 0 || n_text < kWords || n_text < pause_until_) return {};
  const auto found = followed_by_.find(end_key());
  if (found == followed_by_.end()) return {};
  const auto n = std::min<int64_t>({length_, room, n_text - static_cast<int64_t>(found->second)});
  return n <= 0 ? std::span<const int32_t>() : std::span(text_).subspan(found->second, static_cast<size_t>(n));
}

void PromptLookup::checked_step(double ms, int64_t n_guessed, int64_t n_right) {
  const double saved = static_cast<double>(n_right + 1) - ms / plain_ms_;
  gain_ = 0.75 * gain_ + 0.25 * saved;
  length_ = static_cast<int>(n_right == n_guessed ? std::min<int64_t>(2 * n_guessed + 1, most_)
                                                  : std::clamp<int64_t>(n_right + 1, 2, most_));
  if (gain_ >= 0) {
    if (n_right == n_guessed) pause_ = kShortestPause;
    return;
  }
  pause_until_ = static_cast<int64_t>(text_.size()) + pause_;
  pause_ = std::min(2 * pause_, kLongestPause);
  gain_ = kStartGain;
  length_ = std::min(kStart, most_);
}

}  // namespace hanok
