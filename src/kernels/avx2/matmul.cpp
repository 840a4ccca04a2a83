// The table of this instruction set.
#include "kernels/tables.h"

namespace hanok {

KernelTable kernel_table_avx2() {
  KernelTable table = kernel_table_portable();
  table.isa = Isa::kAvx2;
  table.vec = vector_kernels_avx2();
  return table;
}

}  // namespace hanok
