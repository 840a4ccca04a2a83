// The table for processors with AVX-VNNI: for now the AVX2 kernels.
#include "kernels/tables.h"

namespace hanok {

KernelTable kernel_table_avxvnni() {
  KernelTable table = kernel_table_avx2();
  table.isa = Isa::kAvxVnni;
  return table;
}

}  // namespace hanok
