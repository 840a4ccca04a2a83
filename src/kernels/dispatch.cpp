// The table of kernels for this processor, chosen once; HANOK_ISA names another.
#include <cstdlib>

#include <cpuid.h>

#include "kernels/tables.h"

namespace hanok {
namespace {

// One register of a CPUID leaf: [eax, ebx, ecx, edx][reg]; 0 where the leaf does not exist. For features that not every
// compiler's __builtin_cpu_supports() knows.
unsigned cpuid(unsigned leaf, unsigned subleaf, int reg) {
  unsigned regs[4] = {0, 0, 0, 0};
  if (__get_cpuid_count(leaf, subleaf, &regs[0], &regs[1], &regs[2], &regs[3]) == 0) return 0;
  return regs[reg];
}

bool has(Isa isa) {
  const bool f16c = (cpuid(1, 0, 2) >> 29 & 1) != 0;
  const bool avxvnni = (cpuid(7, 1, 0) >> 4 & 1) != 0;
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && f16c && __builtin_cpu_supports("bmi2");
  switch (isa) {
    case Isa::kPortable:
      return true;
    case Isa::kAvx2:
      return avx2;
    case Isa::kAvxVnni:
      return avx2 && avxvnni;
    case Isa::kAvx512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vnni");
    case Isa::kAvx512Bf16:
      return has(Isa::kAvx512) && __builtin_cpu_supports("avx512bf16");
  }
  return false;
}

constexpr Isa kBestFirst[] = {Isa::kAvx512Bf16, Isa::kAvx512, Isa::kAvxVnni, Isa::kAvx2, Isa::kPortable};

// Whether a set is chosen without being named. vdpbf16ps has twice the rate of f32 multiply-adds on AMD's processors by
// what is published, and half of it on Intel's (measured: bench/bfloat_bench), where f32 is faster and more exact. By
// vendor, not by a measurement at start, so that a machine's results stay the same.
bool is_default(Isa isa) {
  return isa != Isa::kAvx512Bf16 || __builtin_cpu_is("amd");
}

}  // namespace

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvxVnni:
      return "avxvnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Bf16:
      return "avx512bf16";
  }
  return "?";
}

const KernelTable* kernels_for(Isa isa) {
  if (!has(isa)) return nullptr;
  static const KernelTable portable = kernel_table_portable();
  static const KernelTable avx2 = has(Isa::kAvx2) ? kernel_table_avx2() : portable;
  static const KernelTable avxvnni = has(Isa::kAvxVnni) ? kernel_table_avxvnni() : portable;
  static const KernelTable avx512 = has(Isa::kAvx512) ? kernel_table_avx512() : portable;
  static const KernelTable avx512bf16 = has(Isa::kAvx512Bf16) ? kernel_table_avx512bf16() : portable;
  switch (isa) {
    case Isa::kPortable:
      return &portable;
    case Isa::kAvx2:
      return &avx2;
    case Isa::kAvxVnni:
      return &avxvnni;
    case Isa::kAvx512:
      return &avx512;
    case Isa::kAvx512Bf16:
      return &avx512bf16;
  }
  return nullptr;
}

Result<const KernelTable*> choose_kernels() {
  const char* forced = std::getenv("HANOK_ISA");
  for (const Isa isa : kBestFirst) {
    if (forced != nullptr && *forced != '\0') {
      if (isa_name(isa) != forced) continue;
      if (const KernelTable* table = kernels_for(isa)) return table;
      return fail(ErrorKind::kUnsupported, "this processor lacks the instruction set", "HANOK_ISA",
                  "one of this processor's", forced, "unset HANOK_ISA to let the program choose");
    }
    if (const KernelTable* table = is_default(isa) ? kernels_for(isa) : nullptr) return table;
  }
  return fail(ErrorKind::kInvalidInput, "unknown instruction set", "HANOK_ISA",
              "portable, avx2, avxvnni, avx512 or avx512bf16", forced, "unset HANOK_ISA to let the program choose");
}

}  // namespace hanok
