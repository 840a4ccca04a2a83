// The tables of each instruction set, each defined in its own folder.
#pragma once

#include "kernels/kernels.h"

namespace hanok {

KernelTable kernel_table_portable();
KernelTable kernel_table_avx2();
KernelTable kernel_table_avxvnni();
KernelTable kernel_table_avx512();
KernelTable kernel_table_avx512bf16();

}  // namespace hanok
