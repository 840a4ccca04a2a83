#include "search/vector_graph.h"

#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/locale.h"

namespace hanok {
namespace {

constexpr size_t kEntryBeam = 8;  // nodes of a layer from which the walk over the next begins

size_t aligned(size_t offset) {
  return (offset + kGraphAlignment - 1) / kGraphAlignment * kGraphAlignment;
}

size_t chunks_bytes(const GraphLayer& layer) {
  return size_t{layer.n_nodes} * sizeof(uint32_t);
}
size_t links_bytes(const GraphLayer& layer) {
  return size_t{layer.n_nodes} * kGraphDegree * sizeof(uint32_t);
}

std::string_view bytes_of(const std::vector<uint32_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(uint32_t)};
}

}  // namespace

tl::unexpected<Error> VectorGraph::broken(const char* what) const {
  return fail(ErrorKind::kCorruptFile, in_language("벡터의 그래프가 깨졌습니다", "the graph of vectors is broken"),
              where_, "", what,
              in_language("'hanok index add'를 다시 하면 새로 만듭니다", "'hanok index add' makes it anew"));
}

Result<VectorGraph> VectorGraph::open(const std::filesystem::path& path, const Segment& segment) {
  HANOK_TRY(MappedFile mapped, MappedFile::open(path));
  auto file = std::make_unique<MappedFile>(std::move(mapped));
  const auto bytes = file->bytes();
  HANOK_TRY(VectorGraph graph,
            parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string(), segment));
  graph.file_ = std::move(file);
  return graph;
}

Result<VectorGraph> VectorGraph::parse(std::string_view bytes, const std::string& where, const Segment& segment) {
  VectorGraph graph;
  graph.bytes_ = bytes;
  graph.where_ = where;
  HANOK_RETURN_IF_ERROR(graph.read_header(segment.header_checksum()));
  HANOK_RETURN_IF_ERROR(graph.check_chunks(segment.vector_rows()));
  return graph;
}

Status VectorGraph::read_header(uint64_t segment_checksum) {
  ByteReader reader(bytes_);
  std::string_view magic;
  uint32_t version = 0, n_layers = 0;
  uint64_t segment = 0, n_file_bytes = 0;
  if (!reader.take(kGraphMagic.size(), magic) || magic != kGraphMagic || !reader.le(version))
    return broken("signature");
  if (version > kGraphVersion) {
    return fail(ErrorKind::kUnsupported,
                in_language("더 새 판의 hanok이 만든 그래프입니다", "the graph was made by a newer hanok"), where_,
                fmt::format("{}", kGraphVersion), fmt::format("{}", version));
  }
  if (version == 0 || !reader.le(n_layers) || !reader.le(segment) || !reader.le(n_file_bytes) || n_layers == 0 ||
      n_layers > kMostGraphLayers || n_file_bytes != bytes_.size())
    return broken("header");
  const size_t n_checked = kGraphFixedBytes + n_layers * kGraphLayerBytes;
  if (bytes_.size() < n_checked + sizeof(uint64_t) ||
      checksum_of(bytes_.substr(0, n_checked)) != number_at<uint64_t>(bytes_, n_checked))
    return broken("header checksum");
  if (segment != segment_checksum) return broken("another segment's graph");
  size_t at = aligned(n_checked + sizeof(uint64_t));
  for (uint32_t i = 0; i < n_layers; ++i) {
    Layer layer;
    uint32_t zero = 0;
    if (!reader.le(layer.view.n_nodes) || !reader.le(zero) || !reader.le(layer.chunks_checksum) ||
        !reader.le(layer.links_checksum) || zero != 0)
      return broken("header");
    const size_t links_at = at + aligned(chunks_bytes(layer.view)), end = links_at + aligned(links_bytes(layer.view));
    if (layer.view.n_nodes == 0 || end > bytes_.size()) return broken("sizes of layers");
    layer.view.chunks = bytes_.data() + at;
    layer.view.links = bytes_.data() + links_at;
    layers_.push_back(layer);
    at = end;
  }
  return at == bytes_.size() ? Status() : broken("sizes of layers");
}

// Each layer holds some of the chunks of the next, the last all that have a vector.
Status VectorGraph::check_chunks(const VectorRows& rows) const {
  for (size_t i = 0; i < layers_.size(); ++i) {
    const GraphLayer& layer = layers_[i].view;
    if (checksum_of({layer.chunks, chunks_bytes(layer)}) != layers_[i].chunks_checksum) return broken("checksum");
    for (uint32_t node = 1; node < layer.n_nodes; ++node)
      if (layer.chunk(node) <= layer.chunk(node - 1)) return broken("order of chunks");
    if (i + 1 == layers_.size()) continue;
    for (uint32_t node = 0; node < layer.n_nodes; ++node)
      if (layers_[i + 1].view.node_of(layer.chunk(node)) == kNoNode)
        return broken("layer without a node of that above");
  }
  const GraphLayer& all = layers_.back().view;
  uint32_t node = 0;
  for (uint32_t chunk = 0; chunk < rows.n_rows; ++chunk) {
    if (rows.scale(chunk) == 0) continue;
    if (node == all.n_nodes || all.chunk(node) != chunk) return broken("chunk");
    ++node;
  }
  return node == all.n_nodes ? Status() : broken("chunk without a vector");
}

Status VectorGraph::verify() const {
  for (const Layer& layer : layers_)
    if (checksum_of({layer.view.links, links_bytes(layer.view)}) != layer.links_checksum) return broken("checksum");
  return {};
}

std::optional<std::vector<uint32_t>> descend(std::span<const GraphLayer> layers, size_t n_above,
                                             const CodedVector& query, GraphWalker& walker) {
  std::vector<uint32_t> from(layers[0].n_nodes);
  std::iota(from.begin(), from.end(), 0u);
  std::vector<GraphHit> hits;
  for (size_t i = 0; i < n_above; ++i) {
    if (walker.walk(layers[i], query, from, {kEntryBeam, {}}, hits) != WalkEnd::kArrived) return std::nullopt;
    from.clear();
    for (const GraphHit& hit : hits) from.push_back(layers[i + 1].node_of(layers[i].chunk(hit.node)));
  }
  return from;
}

Result<std::optional<std::vector<NearChunk>>> VectorGraph::nearest(const VectorRows& rows, const CodedVector& query,
                                                                   const WalkOptions& options, DotRows dot_rows) const {
  std::vector<GraphLayer> layers;
  for (const Layer& layer : layers_) layers.push_back(layer.view);
  GraphWalker walker(rows, dot_rows);
  const auto from = descend(layers, layers.size() - 1, query, walker);
  if (!from) return broken("link");
  std::vector<GraphHit> hits;
  const WalkEnd end = walker.walk(layers.back(), query, *from, options, hits);
  if (end == WalkEnd::kBroken) return broken("link");
  if (end == WalkEnd::kGaveUp) return std::nullopt;
  std::vector<NearChunk> near;
  for (const GraphHit& hit : hits) near.push_back({hit.similarity, layers.back().chunk(hit.node)});
  return near;
}

Status write_graph(std::span<const GraphLayerData> layers, const Segment& segment,
                   const std::function<Status(std::string_view)>& out) {
  std::string header(kGraphMagic);
  put_le(header, kGraphVersion);
  put_le(header, static_cast<uint32_t>(layers.size()));
  put_le(header, segment.header_checksum());
  size_t n_bytes = aligned(kGraphFixedBytes + layers.size() * kGraphLayerBytes + sizeof(uint64_t));
  const size_t first_at = n_bytes;
  for (const GraphLayerData& layer : layers)
    n_bytes += aligned(chunks_bytes(layer.view())) + aligned(links_bytes(layer.view()));
  put_le(header, static_cast<uint64_t>(n_bytes));
  for (const GraphLayerData& layer : layers) {
    put_le(header, layer.view().n_nodes);
    put_le(header, uint32_t{0});
    put_le(header, checksum_of(bytes_of(layer.chunks)));
    put_le(header, checksum_of(bytes_of(layer.links)));
  }
  put_le(header, checksum_of(header));
  header.resize(first_at);
  HANOK_RETURN_IF_ERROR(out(header));
  for (const GraphLayerData& layer : layers) {
    for (const std::string_view part : {bytes_of(layer.chunks), bytes_of(layer.links)}) {
      HANOK_RETURN_IF_ERROR(out(part));
      HANOK_RETURN_IF_ERROR(out(std::string(aligned(part.size()) - part.size(), '\0')));
    }
  }
  return {};
}

}  // namespace hanok
