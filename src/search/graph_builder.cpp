#include "search/graph_builder.h"

#include <bit>
#include <numeric>
#include <utility>

#include "base/locale.h"

namespace hanok {
namespace {

// The paper's M, efConstruction and level probability (its 1/M), and the sizes below which there is no further layer
// and in which nodes are added.
constexpr size_t kOwnLinks = kGraphDegree / 2;
constexpr size_t kBuildBeam = 128;
constexpr int kLayerBits = 4;
constexpr size_t kSmallLayer = 512;
constexpr size_t kBatch = 512;
constexpr size_t kNodesAtOnce = 8;                   // that a thread takes
constexpr size_t kKeptLinks = kGraphDegree * 3 / 4;  // of a full node, so that the next few cost nothing

// The number of layers above the last that hold the chunk.
uint32_t level_of(uint32_t chunk) {
  uint64_t x = chunk + 0x9e3779b97f4a7c15u;  // splitmix64
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return static_cast<uint32_t>(std::countr_zero(x ^ x >> 31) / kLayerBits);
}

// Nearer to the node first; of equals in an order of its own, or all would link to the same: how far their distance in
// steps of the golden ratio is from a whole turn, which is the same from either end.
auto nearer_to(uint32_t node) {
  const auto turn = [node](uint32_t other) {
    const uint32_t part = (other - node) * 0x9e3779b1u;
    return std::min(part, 0 - part);
  };
  return [turn](const GraphHit& a, const GraphHit& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : turn(a.node) < turn(b.node);
  };
}

std::vector<GraphLayerData> make_layers(const VectorRows& rows) {
  std::vector<GraphLayerData> layers(1);
  for (uint32_t chunk = 0; chunk < rows.n_rows; ++chunk)
    if (rows.scale(chunk) != 0) layers[0].chunks.push_back(chunk);
  if (layers[0].chunks.empty()) return {};
  for (uint32_t level = 1; level < kMostGraphLayers && layers.back().chunks.size() > kSmallLayer; ++level) {
    GraphLayerData above;
    for (const uint32_t chunk : layers.back().chunks)
      if (level_of(chunk) >= level) above.chunks.push_back(chunk);
    if (above.chunks.empty()) break;
    layers.push_back(std::move(above));
  }
  std::reverse(layers.begin(), layers.end());
  for (GraphLayerData& layer : layers) layer.links.assign(layer.chunks.size() * kGraphDegree, kNoNode);
  return layers;
}

class GraphBuilder {
 public:
  GraphBuilder(const VectorRows& rows, ThreadPool& pool, DotRows dot_rows, const GraphStep& step)
      : rows_(rows), pool_(pool), dot_rows_(dot_rows), step_(step), layers_(make_layers(rows)) {
    for (const GraphLayerData& layer : layers_) views_.push_back(layer.view());
    for (int i = 0; i < pool.n_threads(); ++i) walkers_.emplace_back(rows, dot_rows);
  }

  Result<std::vector<GraphLayerData>> build() {
    uint64_t n_total = 0, n_done = 0;
    for (const GraphLayerData& layer : layers_) n_total += layer.chunks.size();
    for (layer_idx_ = 0; layer_idx_ < layers_.size(); ++layer_idx_) {
      const std::vector<uint32_t> nodes = begin_layer();
      n_done += layer().chunks.size() - nodes.size();
      for (size_t first = 0; first < nodes.size(); first += kBatch) {
        const auto batch = std::span(nodes).subspan(first, std::min(kBatch, nodes.size() - first));
        add(batch, std::span(nodes).first(first));
        n_done += batch.size();
        if (step_ && !step_(n_done, n_total))
          return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"));
      }
    }
    return std::move(layers_);
  }

 private:
  struct BackLink {
    uint32_t node, link;
    auto operator<=>(const BackLink&) const = default;
  };

  GraphLayerData& layer() { return layers_[layer_idx_]; }
  const GraphLayer& view() const { return views_[layer_idx_]; }
  std::span<uint32_t> links_of(uint32_t node) {
    return std::span(layer().links).subspan(size_t{node} * kGraphDegree, kGraphDegree);
  }
  float similarity_between(uint32_t a, uint32_t b) const {
    return similarity(rows_, vector_at(rows_, view().chunk(a)), view().chunk(b), dot_rows_);
  }

  // Starts from the links of the layer above, which near ones replace by and by; returns the nodes that are to be
  // added.
  std::vector<uint32_t> begin_layer() {
    std::vector<uint32_t> nodes;
    if (layer_idx_ == 0) {
      nodes.resize(layer().chunks.size());
      std::iota(nodes.begin(), nodes.end(), 0u);
      return nodes;
    }
    const GraphLayer& above = views_[layer_idx_ - 1];
    std::vector<uint32_t> places;
    for (uint32_t node = 0; node < above.n_nodes; ++node) places.push_back(view().node_of(above.chunk(node)));
    for (uint32_t node = 0; node < above.n_nodes; ++node)
      for (uint32_t i = 0; i < kGraphDegree && above.link(node, i) != kNoNode; ++i)
        links_of(places[node])[i] = places[above.link(node, i)];
    for (uint32_t node = 0; node < view().n_nodes; ++node)
      if (!std::binary_search(places.begin(), places.end(), node)) nodes.push_back(node);
    return nodes;
  }

  // Adds the nodes, which look for their neighbours in the layer as it was before any of them, and among each other.
  // `before` are those added to a first layer so far.
  void add(std::span<const uint32_t> batch, std::span<const uint32_t> before) {
    const auto n_parts = static_cast<int64_t>((batch.size() + kNodesAtOnce - 1) / kNodesAtOnce);
    std::vector<std::vector<uint32_t>> chosen(batch.size());
    pool_.run(n_parts, [&](int64_t part, int thread) {
      const size_t first = static_cast<size_t>(part) * kNodesAtOnce;
      for (size_t i = first; i < std::min(first + kNodesAtOnce, batch.size()); ++i)
        chosen[i] = choose_links(batch[i], batch, before, walkers_[static_cast<size_t>(thread)]);
    });
    std::vector<BackLink> back;
    for (size_t i = 0; i < batch.size(); ++i) {
      std::copy(chosen[i].begin(), chosen[i].end(), links_of(batch[i]).begin());
      for (const uint32_t link : chosen[i]) back.push_back({link, batch[i]});
    }
    add_back_links(std::move(back));
  }

  std::vector<uint32_t> choose_links(uint32_t node, std::span<const uint32_t> batch, std::span<const uint32_t> before,
                                     GraphWalker& walker) {
    const CodedVector vector = vector_at(rows_, view().chunk(node));
    std::vector<GraphHit> near;
    if (layer_idx_ == 0) {
      walker.walk(view(), vector, before, {kBuildBeam, {}}, near);
    } else {
      // Our own links lead nowhere outside: the descent cannot fail.
      walker.walk(view(), vector, descend(views_, layer_idx_, vector, walker).value(), {kBuildBeam, {}}, near);
    }
    for (const uint32_t mate : batch)
      if (mate != node) near.push_back({similarity_between(node, mate), mate});
    const size_t n_kept = std::min(near.size(), kBuildBeam);
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(n_kept), near.end(), nearer_to(node));
    near.resize(n_kept);
    return diverse(near, kOwnLinks);
  }

  // Of the candidates, nearest first, those that are nearer to the node than to any chosen before, and where they are
  // few the nearest of the rest (the paper's algorithm 4 with keepPrunedConnections).
  std::vector<uint32_t> diverse(std::span<const GraphHit> candidates, size_t most) const {
    std::vector<uint32_t> chosen, rest;
    for (const GraphHit& c : candidates) {
      if (chosen.size() == most) break;
      const bool is_covered = std::any_of(chosen.begin(), chosen.end(), [&](uint32_t other) {
        return similarity_between(other, c.node) >= c.similarity;
      });
      (is_covered ? rest : chosen).push_back(c.node);
    }
    for (size_t i = 0; i < rest.size() && chosen.size() < most; ++i) chosen.push_back(rest[i]);
    return chosen;
  }

  void add_back_links(std::vector<BackLink> back) {
    std::sort(back.begin(), back.end());
    std::vector<size_t> firsts;  // of each node's
    for (size_t i = 0; i < back.size(); ++i)
      if (i == 0 || back[i].node != back[i - 1].node) firsts.push_back(i);
    firsts.push_back(back.size());
    const size_t n_nodes = firsts.size() - 1;
    pool_.run(static_cast<int64_t>((n_nodes + kNodesAtOnce - 1) / kNodesAtOnce), [&](int64_t part, int) {
      const size_t first = static_cast<size_t>(part) * kNodesAtOnce;
      for (size_t i = first; i < std::min(first + kNodesAtOnce, n_nodes); ++i)
        link_back(std::span(back).subspan(firsts[i], firsts[i + 1] - firsts[i]));
    });
  }

  void link_back(std::span<const BackLink> added) {
    const uint32_t node = added[0].node;
    const std::span<uint32_t> links = links_of(node);
    std::vector<uint32_t> all(links.begin(), std::find(links.begin(), links.end(), kNoNode));
    for (const BackLink& b : added)
      if (std::find(all.begin(), all.end(), b.link) == all.end()) all.push_back(b.link);
    if (all.size() > kGraphDegree) {
      std::vector<GraphHit> near;
      for (const uint32_t other : all) near.push_back({similarity_between(node, other), other});
      std::sort(near.begin(), near.end(), nearer_to(node));
      all = diverse(near, kKeptLinks);
    }
    std::fill(std::copy(all.begin(), all.end(), links.begin()), links.end(), kNoNode);
  }

  VectorRows rows_;
  ThreadPool& pool_;
  DotRows dot_rows_;
  const GraphStep& step_;
  std::vector<GraphLayerData> layers_;
  std::vector<GraphLayer> views_;
  std::vector<GraphWalker> walkers_;
  size_t layer_idx_ = 0;
};

}  // namespace

Result<std::vector<GraphLayerData>> build_graph(const VectorRows& rows, ThreadPool& pool, DotRows dot_rows,
                                                const GraphStep& step) {
  return GraphBuilder(rows, pool, dot_rows, step).build();
}

}  // namespace hanok
