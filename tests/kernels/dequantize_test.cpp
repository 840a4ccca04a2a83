// Every block format means to us, bit for bit, what it means to gguf-py.
#include "kernels/dequantize.h"

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hanok {
namespace {

TEST(Dequantize, EqualsGgufPyBitForBit) {
  std::ifstream file(std::string(HANOK_SOURCE_DIR) + "/goldens/kernels/quants.bin", std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  size_t at = 0, n_types = 0;
  while (at + 12 <= bytes.size()) {
    uint32_t head[3];  // GGUF type id, elements, bytes
    std::memcpy(head, &bytes[at], sizeof head);
    at += sizeof head;
    const auto dtype = dtype_from_gguf_id(head[0]);
    ASSERT_TRUE(dtype.has_value());
    ASSERT_EQ(row_bytes(*dtype, head[1]), head[2]);
    std::vector<float> got(head[1]), expected(head[1]);
    dequantize_row(*dtype, reinterpret_cast<const std::byte*>(&bytes[at]), head[1], got.data());
    at += head[2];
    std::memcpy(expected.data(), &bytes[at], 4 * expected.size());
    at += 4 * expected.size();
    for (size_t i = 0; i < got.size(); ++i)
      ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(expected[i]))
          << dtype_name(*dtype) << " element " << i;
    ++n_types;
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_EQ(n_types, 12U);
}

}  // namespace
}  // namespace hanok
