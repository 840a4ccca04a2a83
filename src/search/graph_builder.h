// Builds the graph over a segment's vectors, on all threads and yet the same whatever their number.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "search/vector_graph.h"

namespace hanok {

// Asked between steps; false ends the work with kInterrupted.
using GraphStep = std::function<bool(uint64_t n_done, uint64_t n_total)>;

// From the smallest layer to that of all rows that hold a vector; none where no row does. Error: kInterrupted.
Result<std::vector<GraphLayerData>> build_graph(const VectorRows& rows, ThreadPool& pool, DotRows dot_rows,
                                                const GraphStep& step = {});

}  // namespace hanok
