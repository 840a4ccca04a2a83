#include "kernels/scan_kernels.h"

namespace hanok {

DotRows dot_rows_for(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return dot_rows_portable;
    case Isa::kAvx2:
    case Isa::kAvxVnni:
      return dot_rows_avx2;
    case Isa::kAvx512:
    case Isa::kAvx512Bf16:
      return dot_rows_avx512;
  }
  return dot_rows_portable;
}

}  // namespace hanok
