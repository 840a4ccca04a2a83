// Attention without a mask equals softmax in double for every instruction set; a sequence's rows do not depend on what
// else is in the step.
#include "ops/encoder_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "kernels/isa_test.h"

namespace hanok {
namespace {

std::vector<float> waves(int64_t n, double step) {
  std::vector<float> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(static_cast<double>(i) * step + 0.3));
  return x;
}

// Sequences of these lengths, one behind the other.
std::vector<RowRange> ranges_of(const std::vector<int64_t>& lengths) {
  std::vector<RowRange> ranges;
  int64_t at = 0;
  for (const int64_t n : lengths) ranges.push_back({at, n}), at += n;
  return ranges;
}

class EncoderAttention : public IsaTest {
 protected:
  std::vector<float> run(HeadShape shape, std::span<const RowRange> ranges, int n_threads) const {
    ThreadPool pool(n_threads);
    const int64_t n = (ranges.back().first_row + ranges.back().n_rows) * shape.n_heads * shape.head_dim;
    const std::vector<float> q = waves(n, 1.7), k = waves(n, 0.9), v = waves(n, 2.3);
    std::vector<float> out(static_cast<size_t>(n), NAN);
    encoder_attention({pool, *kernels_}, q.data(), k.data(), v.data(), shape, ranges, 0.7f, out.data());
    return out;
  }
};

double expected(HeadShape shape, const RowRange& range, int64_t row, int64_t head, int64_t dim) {
  const int64_t n = (range.first_row + range.n_rows) * shape.n_heads * shape.head_dim;
  const std::vector<float> q = waves(n, 1.7), k = waves(n, 0.9), v = waves(n, 2.3);
  const auto at = [&](int64_t r) { return static_cast<size_t>((r * shape.n_heads + head) * shape.head_dim); };
  double total = 0, sum = 0;
  for (int64_t j = range.first_row; j < range.first_row + range.n_rows; ++j) {
    double score = 0;
    for (size_t d = 0; d < static_cast<size_t>(shape.head_dim); ++d)
      score += static_cast<double>(q[at(row) + d]) * k[at(j) + d];
    const double weight = std::exp(score * static_cast<double>(0.7f));
    total += weight;
    sum += weight * v[at(j) + static_cast<size_t>(dim)];
  }
  return sum / total;
}

TEST_P(EncoderAttention, EqualsDouble) {
  for (const HeadShape shape : {HeadShape{3, 32}, HeadShape{2, 20}, HeadShape{1, 64}}) {
    const auto ranges = ranges_of({1, 63, 64, 65, 130, 2});
    const std::vector<float> out = run(shape, ranges, 2);
    for (const RowRange& range : ranges)
      for (const int64_t row :
           {range.first_row, range.first_row + range.n_rows / 2, range.first_row + range.n_rows - 1})
        for (int64_t head = 0; head < shape.n_heads; ++head)
          for (const int64_t dim : {int64_t{0}, shape.head_dim - 1}) {
            const float got = out[static_cast<size_t>((row * shape.n_heads + head) * shape.head_dim + dim)];
            // A score's error: head_dim products below 1, times the scale; the weights' sums add less than that again.
            const double tolerance = 2 * 0.7 * static_cast<double>(shape.head_dim) * 0x1p-24 * 4;
            ASSERT_NEAR(got, expected(shape, range, row, head, dim), tolerance) << range.n_rows << " " << row;
          }
  }
}

TEST_P(EncoderAttention, LongSequencesAreSplitIntoTasksAndStayWhole) {
  const HeadShape shape{1, 16};
  const auto ranges = ranges_of({1000});
  const std::vector<float> out = run(shape, ranges, 2);
  for (const int64_t row : {0, 95, 96, 767, 768, 999})
    ASSERT_NEAR(out[static_cast<size_t>(row * 16)], expected(shape, ranges[0], row, 0, 0), 1e-5) << row;
}

TEST_P(EncoderAttention, ASequenceDoesNotDependOnItsNeighboursOrTheThreads) {
  const HeadShape shape{2, 32};
  const auto all = ranges_of({70, 130, 9});
  const std::vector<float> together = run(shape, all, 1);
  EXPECT_EQ(together, run(shape, all, 2));
  const std::vector<float> alone = run(shape, std::span(all).subspan(1, 1), 2);
  for (size_t i = 70 * 64; i < 200 * 64; ++i) ASSERT_EQ(alone[i], together[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(Sets, EncoderAttention, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
