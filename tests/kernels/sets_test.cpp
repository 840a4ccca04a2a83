// The instruction sets: each that the processor has runs its own kernels, and HANOK_ISA chooses one or says why not.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/kernels.h"

namespace hanok {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// What the operating system says of the processor: the words behind a name.
std::set<std::string> processor_words(const std::string& name) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {};
}

std::vector<std::string> needed_flags(Isa isa) {
  std::vector<std::string> flags;
  if (isa == Isa::kPortable) return flags;
  flags = {"avx2", "fma", "f16c", "bmi2"};
  if (isa == Isa::kAvxVnni) flags.emplace_back("avx_vnni");
  if (isa >= Isa::kAvx512) flags.insert(flags.end(), {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"});
  if (isa == Isa::kAvx512Bf16) flags.emplace_back("avx512_bf16");
  return flags;
}

bool has(Isa isa) {
  static const std::set<std::string> flags = processor_words("flags");
  const auto needed = needed_flags(isa);
  return std::all_of(needed.begin(), needed.end(), [](const std::string& flag) { return flags.contains(flag); });
}

TEST(Sets, AreThoseThatTheProcessorHas) {
  for (const Isa isa : kEveryIsa) {
    const KernelTable* table = kernels_for(isa);
    ASSERT_EQ(table != nullptr, has(isa)) << isa_name(isa);
    if (table == nullptr) {
      std::cout << "not run, this processor lacks it: " << isa_name(isa) << "\n";
    } else {
      EXPECT_EQ(table->isa, isa);
    }
  }
}

// AVX-VNNI has the vectors of AVX2; AVX-512 with BF16 has all but the products with BF16 weights of AVX-512.
TEST(Sets, HaveMatrixKernelsOfTheirOwn) {
  for (const Isa a : kEveryIsa) {
    for (const Isa b : kEveryIsa) {
      const KernelTable *x = kernels_for(a), *y = kernels_for(b);
      if (a == b || x == nullptr || y == nullptr) continue;
      const bool share_matrices = std::min(a, b) == Isa::kAvx512 && std::max(a, b) == Isa::kAvx512Bf16;
      EXPECT_EQ(x->matmul_panel == y->matmul_panel, share_matrices) << isa_name(a) << " " << isa_name(b);
      EXPECT_EQ(x->fma_panel == y->fma_panel, share_matrices) << isa_name(a) << " " << isa_name(b);
      EXPECT_EQ(x->quantize_activations == y->quantize_activations, share_matrices)
          << isa_name(a) << " " << isa_name(b);
      const bool share_vectors = share_matrices || (std::min(a, b) == Isa::kAvx2 && std::max(a, b) == Isa::kAvxVnni);
      EXPECT_EQ(x->vec.rms_norm == y->vec.rms_norm, share_vectors) << isa_name(a) << " " << isa_name(b);
      EXPECT_EQ(x->attend_block == y->attend_block, share_vectors) << isa_name(a) << " " << isa_name(b);
    }
  }
}

// HANOK_ISA as a test sets it, and as it was at the end.
class ChooseKernels : public testing::Test {
 protected:
  void SetUp() override {
    const char* old = std::getenv("HANOK_ISA");
    if (old != nullptr) old_ = old;
    ::unsetenv("HANOK_ISA");
  }
  void TearDown() override {
    if (old_.empty())
      ::unsetenv("HANOK_ISA");
    else
      ::setenv("HANOK_ISA", old_.c_str(), 1);
  }
  std::string old_;
};

// vdpbf16ps is taken unasked where it is fast, which is on AMD's processors.
TEST_F(ChooseKernels, TakesTheFastestWithoutTheVariableOrWithAnEmptyOne) {
  const bool is_amd = processor_words("vendor_id").contains("AuthenticAMD");
  const Isa best = has(Isa::kAvx512Bf16) && is_amd ? Isa::kAvx512Bf16
                   : has(Isa::kAvx512)             ? Isa::kAvx512
                   : has(Isa::kAvxVnni)            ? Isa::kAvxVnni
                   : has(Isa::kAvx2)               ? Isa::kAvx2
                                                   : Isa::kPortable;
  EXPECT_EQ(choose_kernels().value()->isa, best);
  ::setenv("HANOK_ISA", "", 1);
  EXPECT_EQ(choose_kernels().value()->isa, best);
}

TEST_F(ChooseKernels, TakesTheNamedSetOrSaysThatItIsMissing) {
  for (const Isa isa : kEveryIsa) {
    ::setenv("HANOK_ISA", std::string(isa_name(isa)).c_str(), 1);
    const auto chosen = choose_kernels();
    ASSERT_EQ(chosen.has_value(), has(isa)) << isa_name(isa);
    if (chosen) {
      EXPECT_EQ((*chosen)->isa, isa);
    } else {
      EXPECT_EQ(chosen.error().kind, ErrorKind::kUnsupported);
      EXPECT_THAT(chosen.error().to_string(), AllOf(HasSubstr("HANOK_ISA"), HasSubstr(std::string(isa_name(isa)))));
    }
  }
}

TEST_F(ChooseKernels, RefusesUnknownNames) {
  for (const char* name : {"avx1024", "AVX2", "avx", "portable "}) {
    ::setenv("HANOK_ISA", name, 1);
    const auto chosen = choose_kernels();
    ASSERT_FALSE(chosen) << name;
    EXPECT_EQ(chosen.error().kind, ErrorKind::kInvalidInput);
    EXPECT_THAT(chosen.error().to_string(),
                AllOf(HasSubstr("portable, avx2, avxvnni, avx512 or avx512bf16"), HasSubstr(name)));
  }
}

class QuantizeActivations : public testing::TestWithParam<Isa> {};

// Every set gives the same codes, scales and sums, bit for bit.
TEST_P(QuantizeActivations, EqualsItsDefinition) {
  const KernelTable* table = kernels_for(GetParam());
  if (table == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam());
  ASSERT_EQ(table->isa, GetParam());
  constexpr int64_t kCols = 32 * 7;
  std::vector<float> x(kCols);
  for (int64_t i = 0; i < kCols; ++i) x[static_cast<size_t>(i)] = std::sin(static_cast<float>(i * i)) * 3.0F;
  for (size_t i = 0; i < 32; ++i) x[i] = 0;                                      // a block of zeros
  for (size_t i = 32; i < 64; ++i) x[i] = static_cast<float>(i) * 0.5F - 20.0F;  // halves round to even
  x[32] = -127, x[70] = 1e-30F, x[100] = -1e30F;
  std::vector<int8_t> codes(kCols);
  std::vector<float> scales(kCols / 32), scaled_sums(kCols / 32);
  std::vector<int32_t> zero_parts(kCols / 16);
  table->quantize_activations(x.data(), kCols, {codes.data(), scales.data(), scaled_sums.data(), zero_parts.data()});
  for (size_t block = 0; block < kCols / 32; ++block) {
    float largest = 0;
    for (size_t i = 32 * block; i < 32 * block + 32; ++i) largest = std::max(largest, std::fabs(x[i]));
    ASSERT_EQ(scales[block], largest / 127.0F);
    int32_t total = 0;
    for (size_t half = 2 * block; half < 2 * block + 2; ++half) {
      int32_t sum = 0;
      for (size_t i = 16 * half; i < 16 * half + 16; ++i) {
        const float scaled = largest > 0 ? x[i] * (127.0F / largest) : 0.0F;
        ASSERT_EQ(codes[i], static_cast<int>(std::nearbyint(scaled))) << i;
        sum += codes[i];
      }
      ASSERT_EQ(zero_parts[half], -32 * sum);
      total += sum;
    }
    ASSERT_EQ(scaled_sums[block], scales[block] * static_cast<float>(total));
  }
}

// Tiny values are zeros; one that is no number makes its block, and no other, a NaN.
TEST_P(QuantizeActivations, HasNoCodesForWhatHasNoUsableMagnitude) {
  const KernelTable* table = kernels_for(GetParam());
  if (table == nullptr) GTEST_SKIP() << "this processor lacks " << isa_name(GetParam());
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  for (const float odd :
       {1e-38F, -9e-36F, std::numeric_limits<float>::denorm_min(), kNan, -kNan, kInfinity, -kInfinity})
    for (const size_t place : {0, 7, 8, 15, 16, 31}) {
      std::vector<float> x(96, 0.0F);
      x[3] = 127;
      x[32 + place] = odd;
      x[64 + 5] = -254;
      if (std::fabs(odd) >= 1 || std::isnan(odd)) x[32 + (place + 9) % 32] = 1e30F;  // numbers beside it do not hide it
      std::vector<int8_t> codes(96, 99);
      std::vector<float> scales(3), scaled_sums(3);
      std::vector<int32_t> zero_parts(6, 99);
      table->quantize_activations(x.data(), 96, {codes.data(), scales.data(), scaled_sums.data(), zero_parts.data()});
      const bool is_tiny = std::fabs(odd) < 1;
      EXPECT_EQ(std::isnan(scales[1]), !is_tiny) << odd;
      EXPECT_EQ(std::isnan(scaled_sums[1]), !is_tiny) << odd;
      if (is_tiny) {
        EXPECT_EQ(scales[1], 0) << odd;
      }
      EXPECT_EQ(std::count(codes.begin() + 32, codes.begin() + 64, 0), 32) << odd;
      EXPECT_EQ(zero_parts[2], 0);
      EXPECT_EQ(zero_parts[3], 0);
      EXPECT_EQ(scales[0], 1);
      EXPECT_EQ(codes[3], 127);
      EXPECT_EQ(scales[2], 2);
      EXPECT_EQ(codes[69], -127);
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, QuantizeActivations, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
