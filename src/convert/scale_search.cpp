#include "convert/scale_search.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace hanok {
namespace {

// Plain baseline code on purpose: a file's bytes must not depend on the processor that wrote it.
constexpr int kLanes = 4;
typedef float Vec __attribute__((vector_size(4 * kLanes)));

Vec load(const float* at) {
  Vec v;
  __builtin_memcpy(&v, at, sizeof v);
  return v;
}

float sum(Vec v) {
  return (v[0] + v[1]) + (v[2] + v[3]);
}

// Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even, for |x| < 2^22.
constexpr float kRounder = 12582912.0f;
Vec rounded(Vec x) {
  return (x + kRounder) - kRounder;
}

Vec clamped(Vec x, float low, float high) {
  const Vec lows = Vec{} + low, highs = Vec{} + high;
  x = x < lows ? lows : x;
  return x > highs ? highs : x;
}

float inverse(float scale) {
  const float result = scale == 0 ? 0 : 1 / scale;
  return std::isfinite(result) ? result : 0;
}

// Weighted sums of codes c and values x that a least-squares fit needs.
struct Moments {
  float c = 0, cc = 0, xc = 0;
};

// Codes round((x - origin) * inverse_scale), clamped.
template <int kN>
Moments moments(const float* x, const float* w, float origin, float inverse_scale, float low, float high) {
  Vec c{}, cc{}, xc{};
  for (int i = 0; i < kN; i += kLanes) {
    const Vec value = load(x + i);
    const Vec code = rounded(clamped((value - origin) * inverse_scale, low, high));
    const Vec weighted = load(w + i) * code;
    c += weighted;
    cc += weighted * code;
    xc += weighted * value;
  }
  return {sum(c), sum(cc), sum(xc)};
}

template <int kN>
float error_of(const float* x, const float* w, AffineFit fit, float low, float high) {
  const float inverse_scale = inverse(fit.scale);
  Vec total{};
  for (int i = 0; i < kN; i += kLanes) {
    const Vec value = load(x + i);
    const Vec code = rounded(clamped((value - fit.minimum) * inverse_scale, low, high));
    const Vec difference = value - (code * fit.scale + fit.minimum);
    total += load(w + i) * difference * difference;
  }
  return sum(total);
}

// The sums over a block that do not depend on the codes.
struct Totals {
  double w = 0, x = 0;
};

struct Candidate {
  AffineFit fit;
  double gain = 0;  // how much of the weighted squares the fit explains
};

Candidate solve_affine(const Totals& t, const Moments& m, bool minimum_at_most_zero) {
  const double determinant = t.w * static_cast<double>(m.cc) - static_cast<double>(m.c) * static_cast<double>(m.c);
  if (determinant <= 1e-9 * t.w * static_cast<double>(m.cc)) return {};
  double scale = (t.w * static_cast<double>(m.xc) - t.x * static_cast<double>(m.c)) / determinant;
  double minimum =
      (static_cast<double>(m.cc) * t.x - static_cast<double>(m.c) * static_cast<double>(m.xc)) / determinant;
  if (minimum_at_most_zero && minimum > 0) {
    minimum = 0;
    scale = static_cast<double>(m.xc) / static_cast<double>(m.cc);
  }
  if (scale <= 0) return {};
  return {{static_cast<float>(scale), static_cast<float>(minimum)}, scale * static_cast<double>(m.xc) + minimum * t.x};
}

template <int kN>
AffineFit search_affine(const float* x, const float* w, int max_code, bool minimum_at_most_zero) {
  const auto [lowest, highest] = std::minmax_element(x, x + kN);
  const float origin = minimum_at_most_zero ? std::min(0.0f, *lowest) : *lowest, width = *highest - origin;
  if (!(inverse(width) > 0)) return {0, origin};
  Totals t;
  for (int i = 0; i < kN; ++i) t.w += static_cast<double>(w[i]), t.x += static_cast<double>(w[i] * x[i]);
  const auto top = static_cast<float>(max_code);
  Candidate best{{width / top, origin}, -HUGE_VAL};
  const auto consider = [&](float from, float inverse_scale) {
    const Candidate candidate = solve_affine(t, moments<kN>(x, w, from, inverse_scale, 0, top), minimum_at_most_zero);
    if (candidate.fit.scale <= 0 || candidate.gain <= best.gain) return false;
    best = candidate;
    return true;
  };
  // From a grid that clips the ends a little (more than max_code steps) to one that leaves the last code unused.
  for (int step = -10; step <= 10; ++step) consider(origin, (top + 0.1f * static_cast<float>(step)) / width);
  for (int round = 0; round < 4 && consider(best.fit.minimum, inverse(best.fit.scale)); ++round) {
  }
  return best.fit;
}

template <int kN>
float search_symmetric(const float* x, const float* w, int half) {
  const float peak = *std::max_element(x, x + kN, [](float a, float b) { return std::abs(a) < std::abs(b); });
  if (inverse(peak) == 0) return 0;
  const auto low = static_cast<float>(-half), high = static_cast<float>(half - 1);
  float best_scale = -peak / static_cast<float>(half);
  double best_gain = -HUGE_VAL;
  const auto consider = [&](float inverse_scale) {
    const Moments m = moments<kN>(x, w, 0, inverse_scale, low, high);
    if (m.cc <= 0) return false;
    const double gain = static_cast<double>(m.xc) * static_cast<double>(m.xc) / static_cast<double>(m.cc);
    if (gain <= best_gain) return false;
    best_gain = gain, best_scale = m.xc / m.cc;
    return true;
  };
  // The peak at the longer end of the codes, then at the shorter one.
  for (int step = -10; step <= 10; ++step) {
    consider((low - 0.1f * static_cast<float>(step)) / peak);
    consider((high + 0.1f * static_cast<float>(step)) / peak);
  }
  for (int round = 0; round < 4 && consider(inverse(best_scale)); ++round) {
  }
  return best_scale;
}

}  // namespace

void error_weights(std::span<const float> x, std::span<float> weights) {
  float squares = 0;
  for (const float value : x) squares += value * value;
  const float rms = std::sqrt(squares / static_cast<float>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) weights[i] = rms + std::abs(x[i]);
}

AffineFit fit_affine(std::span<const float> x, std::span<const float> weights, int max_code,
                     bool minimum_at_most_zero) {
  HANOK_CHECK(x.size() == 16 || x.size() == 32, "block of 16 or 32");
  return x.size() == 16 ? search_affine<16>(x.data(), weights.data(), max_code, minimum_at_most_zero)
                        : search_affine<32>(x.data(), weights.data(), max_code, minimum_at_most_zero);
}

float fit_symmetric(std::span<const float> x, std::span<const float> weights, int half) {
  HANOK_CHECK(x.size() == 16 || x.size() == 32, "block of 16 or 32");
  return x.size() == 16 ? search_symmetric<16>(x.data(), weights.data(), half)
                        : search_symmetric<32>(x.data(), weights.data(), half);
}

float fit_error(std::span<const float> x, std::span<const float> weights, AffineFit fit, int min_code, int max_code) {
  HANOK_CHECK(x.size() == 16 || x.size() == 32, "block of 16 or 32");
  const auto low = static_cast<float>(min_code), high = static_cast<float>(max_code);
  return x.size() == 16 ? error_of<16>(x.data(), weights.data(), fit, low, high)
                        : error_of<32>(x.data(), weights.data(), fit, low, high);
}

CodeGrid::CodeGrid(AffineFit fit, int min_code, int max_code)
    : minimum_(fit.minimum),
      inverse_scale_(inverse(fit.scale)),
      low_(static_cast<float>(min_code)),
      high_(static_cast<float>(max_code)) {}

int CodeGrid::nearest(float x) const {
  const float code = std::clamp((x - minimum_) * inverse_scale_, low_, high_);
  return static_cast<int>((code + kRounder) - kRounder);
}

}  // namespace hanok
