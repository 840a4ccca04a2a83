// The kernels read and write nothing behind what they are given: every array ends at a page that nobody may touch, on
// every instruction set.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/f16.h"
#include "kernels/guarded.h"
#include "kernels/isa_test.h"
#include "kernels/kernels.h"

namespace hanok {
namespace {

class Guards : public IsaTest {};

template <class T>
std::vector<T> filled(int64_t n, T value) {
  return std::vector<T>(static_cast<size_t>(n), value);
}

// Every key is 2 in each dimension and every value 3, so that whatever the weights are, their mean is 3.
template <class Elem>
void expect_attention_within(const KernelTable& kernels, KvType type, Elem key, Elem value, int64_t head_dim,
                             int64_t n_q) {
  SCOPED_TRACE("head_dim " + std::to_string(head_dim) + ", " + std::to_string(n_q) + " queries");
  Guarded<Elem> keys(filled(kKvBlockTokens * head_dim, key)), values(filled(kKvBlockTokens * head_dim, value));
  Guarded<Elem> next_keys(filled(kKvBlockTokens * head_dim, key)), next_values(keys.values());
  Guarded<float> first_key(filled(head_dim, 1.0f)),
      value_scales(filled(kKvBlockTokens * n_value_scales(head_dim), 0.5f));
  Guarded<uint16_t> key_scales(filled(kKvBlockTokens * n_key_scales(head_dim), f32_to_f16(0.5f)));
  Guarded<float> q(filled(n_q * head_dim, 0.25f)), max(filled(n_q, -1e30f)), sum(filled(n_q, 0.0f));
  Guarded<float> acc(filled(n_q * head_dim, 0.0f)), scratch(filled(2 * kKvBlockTokens * head_dim, NAN));
  Guarded<int32_t> first(filled(n_q, 0)), last(filled(n_q, kKvBlockTokens));
  for (int64_t i = 0; i < n_q; ++i)  // ranges of all kinds, the last to the block's end
    first.data()[i] = static_cast<int32_t>((n_q - 1 - i) * 17 % 63);
  KvBlock block{type, keys.data(), values.data()};
  if (type == KvType::kQ8) {
    block.first_key = first_key.data();
    block.key_scales = key_scales.data();
    block.value_scales = value_scales.data();
  }
  block.next_keys = next_keys.data(), block.next_values = next_values.data();
  kernels.attend_block(block, {q.data(), n_q, head_dim, 0.125f, 0, max.data(), sum.data(), acc.data()}, first.data(),
                       last.data(), scratch.data());
  for (int64_t i = 0; i < n_q; ++i) {
    // All weights are exp(0), but for what the roundings of the score leave.
    ASSERT_NEAR(sum.values()[static_cast<size_t>(i)], kKvBlockTokens - first.data()[i], 1e-3) << i;
    for (int64_t d = 0; d < head_dim; ++d)
      ASSERT_NEAR(acc.data()[i * head_dim + d], 3 * sum.data()[i], 1e-3) << i << " " << d;
  }
}

TEST_P(Guards, AttentionReadsItsBlockAndItsQueriesAlone) {
  for (const int64_t head_dim : {2, 8, 18, 50, 64, 80, 96, 128, 160, 256})
    for (const int64_t n_q : {1, 2, 3, 4, 5, 6, 7, 13, 96}) {
      expect_attention_within<float>(*kernels_, KvType::kF32, 2, 3, head_dim, n_q);
      expect_attention_within<uint16_t>(*kernels_, KvType::kF16, f32_to_f16(2), f32_to_f16(3), head_dim, n_q);
      // A key is 1 + 0.5 * 2, a value 0.5 * 6.
      expect_attention_within<int8_t>(*kernels_, KvType::kQ8, 2, 6, head_dim, n_q);
    }
}

TEST_P(Guards, QuantizingReadsAndWritesWholeBlocksAlone) {
  for (const int64_t n_cols : {32, 64, 96, 224, 288}) {
    for (const float value : {2.0f, 0.0f, NAN}) {
      Guarded<float> x(filled(n_cols, value)), scales(filled(n_cols / 32, -1.0f)), sums(filled(n_cols / 32, -1.0f));
      Guarded<int8_t> codes(filled<int8_t>(n_cols, 99));
      Guarded<int32_t> zero_parts(filled(n_cols / 16, 99));
      kernels_->quantize_activations(x.data(), n_cols, {codes.data(), scales.data(), sums.data(), zero_parts.data()});
      const int code = value == 2 ? 127 : 0;
      for (const int8_t got : codes.values()) ASSERT_EQ(got, code);
      for (const int32_t got : zero_parts.values()) ASSERT_EQ(got, -32 * 16 * code);
      for (const float got : scales.values()) ASSERT_TRUE(std::isnan(value) ? std::isnan(got) : got == value / 127);
    }
  }
}

constexpr DType kQuantized[] = {DType::kQ4_0, DType::kQ4_1, DType::kQ5_0, DType::kQ5_1, DType::kQ8_0,   DType::kQ2_K,
                                DType::kQ3_K, DType::kQ4_K, DType::kQ5_K, DType::kQ6_K, DType::kIQ4_NL, DType::kIQ4_XS};

// A panel whose factors and codes are all made of one byte, which is a small half float.
constexpr uint8_t kByte = 0x12;

// Every row of the panel is the same, as are all tokens, so that all results are.
void expect_product_within(const KernelTable& kernels, DType dtype, int64_t n_cols, int n_rows, int64_t n_tokens) {
  SCOPED_TRACE(std::string(dtype_name(dtype)) + " " + std::to_string(n_cols) + " columns, " + std::to_string(n_rows) +
               " rows, " + std::to_string(n_tokens) + " tokens");
  const PanelFormat format = panel_format_of(dtype);
  Guarded<uint8_t> panel(filled(static_cast<int64_t>(panel_bytes(format, n_cols)), kByte));
  Guarded<int8_t> codes(filled<int8_t>(n_tokens * n_cols, 100));
  Guarded<float> scales(filled(n_tokens * n_cols / 32, 64.0f)), sums(filled(n_tokens * n_cols / 32, 64.0f * 3200));
  Guarded<int32_t> zero_parts(filled(n_tokens * n_cols / 16, -32 * 1600));
  const int64_t stride = n_rows;  // the next token's row begins where this one's ends
  Guarded<float> y(filled(n_tokens * n_rows, NAN));
  kernels.matmul_panel(format, panel.data(), panel.data() + panel.values().size(), n_rows,
                       {codes.data(), scales.data(), sums.data(), zero_parts.data(), n_cols}, n_tokens, y.data(),
                       stride);
  ASSERT_TRUE(std::isfinite(y.values()[0]) && y.values()[0] != 0);
  for (const float got : y.values()) ASSERT_EQ(got, y.values()[0]);
}

TEST_P(Guards, ProductsReadThePanelAndTheActivationsAlone) {
  for (const DType dtype : kQuantized)
    for (const int64_t n_cols : {32, 160, 256, 768}) {
      if (n_cols % dtype_info(dtype).block_elems != 0) continue;
      for (const int n_rows : {1, 31, 32})
        for (const int64_t n_tokens : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33, 513})
          expect_product_within(*kernels_, dtype, n_cols, n_rows, n_tokens);
    }
}

TEST_P(Guards, FloatProductsReadThePanelAndTheActivationsAlone) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16})
    for (const int64_t n_k : {1, 2, 7, 64})
      for (const int64_t n_tokens : {1, 2, 3, 6, 7, 17}) {
        Guarded<uint8_t> w(filled(n_k * kPanelRows * dtype_info(dtype).block_bytes, kByte));
        Guarded<float> x(filled(n_tokens * n_k, 1.0f)), acc(filled(n_tokens * kPanelRows, 0.0f));
        kernels_->fma_panel(dtype, w.data(), n_k, x.data(), n_k, n_tokens, acc.data());
        for (const float sum : acc.values()) ASSERT_TRUE(sum > 0 && sum == acc.values()[0]);
      }
}

TEST_P(Guards, ExpandingReadsThePanelAlone) {
  for (const DType dtype : kQuantized) {
    const PanelFormat format = panel_format_of(dtype);
    constexpr int64_t kBlocks = 16;
    Guarded<uint8_t> panel(filled(static_cast<int64_t>(panel_bytes(format, kBlocks * kBlockCols)), kByte));
    for (const int64_t first : {0, 8}) {
      Guarded<float> out(filled((kBlocks - first) * kBlockCols * kPanelRows, NAN));
      kernels_->expand_panel(format, panel.data(), first, kBlocks - first, out.data());
      for (const float weight : out.values()) ASSERT_TRUE(std::isfinite(weight));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, Guards, testing::ValuesIn(kEveryIsa),
                         [](const auto& set) { return std::string(isa_name(set.param)); });

}  // namespace
}  // namespace hanok
