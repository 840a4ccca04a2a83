// The best scale (and minimum) of one small block of weights: a weighted least-squares search over roundings.
#pragma once

#include <span>

namespace hanok {

// How much an element's error counts: root mean square of the block plus its own magnitude, because large weights
// carry the signal. x and weights: 16 or 32 elements.
void error_weights(std::span<const float> x, std::span<float> weights);

// x ~ scale * code + minimum.
struct AffineFit {
  float scale = 0, minimum = 0;
};

// Codes 0 .. max_code. `minimum_at_most_zero`: the format stores -minimum as an unsigned number.
AffineFit fit_affine(std::span<const float> x, std::span<const float> weights, int max_code, bool minimum_at_most_zero);

// x ~ scale * code with codes -half .. half - 1; the scale may be negative, so that either end can reach the largest.
float fit_symmetric(std::span<const float> x, std::span<const float> weights, int half);

// Weighted squared error when each element takes the code (min_code .. max_code) nearest to it.
float fit_error(std::span<const float> x, std::span<const float> weights, AffineFit fit, int min_code, int max_code);

// The values a block can hold once its scale is stored: finds the nearest code, 0 where the scale is 0.
class CodeGrid {
 public:
  CodeGrid(AffineFit fit, int min_code, int max_code);
  int nearest(float x) const;

 private:
  float minimum_, inverse_scale_, low_, high_;
};

}  // namespace hanok
