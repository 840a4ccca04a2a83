// The vector comparison equals plain loops, for every instruction set, up to the end of readable memory.
#include "kernels/scan_kernels.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/guarded.h"
#include "kernels/isa_test.h"

namespace hanok {
namespace {

class Scan : public IsaTest {
 protected:
  const DotRows dot_rows_ = dot_rows_for(GetParam());
};

std::vector<int8_t> some_codes(int64_t n, int seed) {
  std::vector<int8_t> codes;
  for (int64_t i = 0; i < n; ++i) codes.push_back(static_cast<int8_t>((i * 37 + seed * 101) % 255 - 127));
  return codes;
}

TEST_P(Scan, EqualsPlainLoops) {
  for (const int64_t dim : {0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 64, 384}) {
    for (const int64_t n_rows : {0, 1, 3, 4, 5, 9}) {
      const std::vector<int8_t> q = some_codes(dim, 1), r = some_codes(dim * n_rows, 2);
      const Guarded<int8_t> query(q), rows(r);
      std::vector<int32_t> out(static_cast<size_t>(n_rows), -1);
      dot_rows_(query.data(), rows.data(), n_rows, dim, out.data());
      for (int64_t i = 0; i < n_rows; ++i) {
        int32_t expected = 0;
        for (int64_t k = 0; k < dim; ++k)
          expected += static_cast<int32_t>(q[static_cast<size_t>(k)]) * r[static_cast<size_t>(i * dim + k)];
        ASSERT_EQ(out[static_cast<size_t>(i)], expected) << dim << " " << i;
      }
    }
  }
}

TEST_P(Scan, TheLargestCodesDoNotOverflow) {
  const std::vector<int8_t> most(16384, 127), least(16384, -127);
  int32_t out = 0;
  dot_rows_(most.data(), least.data(), 1, 16384, &out);
  EXPECT_EQ(out, -127 * 127 * 16384);
}

INSTANTIATE_TEST_SUITE_P(Isas, Scan, testing::ValuesIn(kEveryIsa),
                         [](const auto& isa) { return std::string(isa_name(isa.param)); });

TEST(ScanSets, EachSetHasItsOwnKernel) {
  EXPECT_EQ(dot_rows_for(Isa::kPortable), dot_rows_portable);
  EXPECT_EQ(dot_rows_for(Isa::kAvx2), dot_rows_avx2);
  EXPECT_EQ(dot_rows_for(Isa::kAvx512), dot_rows_avx512);
}

}  // namespace
}  // namespace hanok
