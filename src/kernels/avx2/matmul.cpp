// Matrix kernels with AVX2: the shared bodies with vectors of 8 rows.
#include <immintrin.h>

#include <cstring>

#include "kernels/tables.h"

namespace hanok {
namespace {

#include "kernels/lanes256.inc"

}  // namespace

KernelTable kernel_table_avx2() {
  KernelTable table = kernel_table_portable();
  table.isa = Isa::kAvx2;
  table.quantize_activations = quantize_activations;
  table.matmul_panel = matmul_panel;
  table.fma_panel = fma_panel;
  table.attend_block = attend_block_avx2;
  table.vec = vector_kernels_avx2();
  return table;
}

}  // namespace hanok
