// Splits rows of cheap work over threads; small work stays on the caller's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ops/context.h"

namespace hanok {

// Calls task(first, last) for ranges of [0, n_rows) that hold about 8k elements each.
template <class Task>
void for_rows(const ExecContext& ctx, int64_t n_rows, int64_t n_cols, Task&& task) {
  constexpr int64_t kElems = 8192;
  const int64_t per_chunk = std::max<int64_t>(1, kElems / std::max<int64_t>(1, n_cols));
  if (n_rows * n_cols <= 2 * kElems) return task(int64_t{0}, n_rows);
  ctx.pool.run((n_rows + per_chunk - 1) / per_chunk,
               [&](int64_t chunk, int) { task(chunk * per_chunk, std::min(n_rows, (chunk + 1) * per_chunk)); });
}

}  // namespace hanok
