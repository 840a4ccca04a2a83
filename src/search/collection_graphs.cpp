// How a collection's large segments get graphs over their vectors, each a file beside its segment's: made when all else
// is done, from what is on the disk, so that an interruption costs no more than the graph.
#include "base/disk.h"
#include "search/collection.h"
#include "search/graph_builder.h"

namespace hanok {
namespace {

bool has_vectors(const Segment& segment, uint32_t n_wanted) {
  const VectorRows rows = segment.vector_rows();
  uint32_t n = 0;
  for (uint32_t i = 0; i < rows.n_rows && n < n_wanted; ++i) n += rows.scale(i) != 0 ? 1 : 0;
  return n > 0 && n >= n_wanted;
}

}  // namespace

Result<std::shared_ptr<const VectorGraph>> open_graph(const std::filesystem::path& folder, uint64_t id,
                                                      const Segment& segment) {
  auto graph = VectorGraph::open(folder / graph_name(id), segment);
  if (!graph && graph.error().kind == ErrorKind::kNotFound) return std::shared_ptr<const VectorGraph>();
  if (!graph) return fail(graph.error());
  return std::make_shared<const VectorGraph>(std::move(*graph));
}

Status CollectionWriter::build_graphs(const GraphOptions& options) {
  for (LiveSegment& live : snapshot_.segments) {
    if (live.graph || !has_vectors(*live.segment, options.least_vectors)) continue;
    HANOK_TRY(const KernelTable* kernels, choose_kernels());
    ThreadPool pool(options.n_threads);
    HANOK_TRY(const auto layers,
              build_graph(live.segment->vector_rows(), pool, dot_rows_for(kernels->isa), options.step));
    HANOK_RETURN_IF_ERROR(write_file_whole(
        folder_ / graph_name(live.id),
        [&](const WritePiece& write) { return write_graph(layers, *live.segment, write); }, Readers::kOwner));
    HANOK_TRY(live.graph, open_graph(folder_, live.id, *live.segment));
  }
  return {};
}

}  // namespace hanok
