// Guesses the next tokens from the text so far: what followed the last time it went like this. A guess costs nothing
// but its check, several tokens in one step of the model, and changes nothing but the time an answer takes.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>

namespace hanok {

class PromptLookup {
 public:
  // At most `most` tokens are guessed at once; 0: none ever.
  explicit PromptLookup(int most);

  // What may follow the text, at most `room` tokens of it; empty when its end is new or guessing does not pay now. The
  // text only grows from call to call.
  std::span<const int32_t> guess(std::span<const int32_t> text, int64_t room);

  // What a step took that computed one token only.
  void plain_step(double ms) { plain_ms_ = plain_ms_ == 0 ? ms : 0.8 * plain_ms_ + 0.2 * ms; }
  // What a step took that checked n_guessed tokens, of which the first n_right were right: one token more was won.
  void checked_step(double ms, int64_t n_guessed, int64_t n_right);

 private:
  int most_, length_;                                 // tokens to guess at most, and now
  double plain_ms_ = 0;                               // of a step of one token
  double gain_;                                       // steps of one token that a check saves, on average
  int64_t pause_, pause_until_ = 0;                   // in tokens of the text
  size_t n_known_ = 0;                                // tokens of the text whose place is in followed_by_
  std::unordered_map<uint64_t, size_t> followed_by_;  // some tokens in a row: where the next one lies
};

}  // namespace hanok
