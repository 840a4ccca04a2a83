// The table of this instruction set.
#include "kernels/tables.h"

namespace hanok {

KernelTable kernel_table_avxvnni() {
  KernelTable table = kernel_table_portable();
  table.isa = Isa::kAvxVnni;
  table.vec = vector_kernels_avx2();
  return table;
}

}  // namespace hanok
