#include "search/graph_walk.h"

#include <cstring>

namespace hanok {
namespace {

uint32_t number(const char* numbers, size_t idx) {
  uint32_t value;
  std::memcpy(&value, numbers + idx * sizeof value, sizeof value);
  return value;
}

bool is_farther(const GraphHit& a, const GraphHit& b) {
  return is_nearer(b, a);
}

}  // namespace

uint32_t GraphLayer::chunk(uint32_t node) const {
  return number(chunks, node);
}

uint32_t GraphLayer::link(uint32_t node, uint32_t i) const {
  return number(links, size_t{node} * kGraphDegree + i);
}

uint32_t GraphLayer::node_of(uint32_t wanted) const {
  uint32_t first = 0, n = n_nodes;
  while (n > 0) {
    const uint32_t half = n / 2;
    if (chunk(first + half) < wanted) {
      first += half + 1;
      n -= half + 1;
    } else {
      n = half;
    }
  }
  return first < n_nodes && chunk(first) == wanted ? first : kNoNode;
}

void GraphWalker::see(uint32_t node) {
  if (is_seen_[node]) return;
  is_seen_[node] = true;
  seen_.push_back(node);
  gathered_.push_back(node);
}

bool GraphWalker::gather_links(const GraphLayer& layer, uint32_t node) {
  for (uint32_t i = 0; i < kGraphDegree; ++i) {
    const uint32_t link = layer.link(node, i);
    if (link == kNoNode) break;
    if (link >= layer.n_nodes) return false;
    see(link);
  }
  return true;
}

void GraphWalker::compare_gathered(const GraphLayer& layer, const CodedVector& query, const WalkOptions& options,
                                   std::vector<GraphHit>& hits) {
  for (const uint32_t node : gathered_) {
    const uint32_t chunk = layer.chunk(node);
    const GraphHit hit{similarity(rows_, query, chunk, dot_rows_), node};
    const bool is_full = hits.size() == options.n_beam;
    if (is_full && !is_nearer(hit, hits.front())) continue;
    ahead_.push_back(hit);
    std::push_heap(ahead_.begin(), ahead_.end(), is_farther);
    if (options.passes && !options.passes(chunk)) continue;
    if (is_full) {
      std::pop_heap(hits.begin(), hits.end(), is_nearer);
      hits.pop_back();
    }
    hits.push_back(hit);
    std::push_heap(hits.begin(), hits.end(), is_nearer);
  }
  gathered_.clear();
}

WalkEnd GraphWalker::walk(const GraphLayer& layer, const CodedVector& query, std::span<const uint32_t> from,
                          const WalkOptions& options, std::vector<GraphHit>& hits) {
  hits.clear();
  ahead_.clear();
  gathered_.clear();
  for (const uint32_t node : seen_) is_seen_[node] = false;
  seen_.clear();
  if (is_seen_.size() < layer.n_nodes) is_seen_.resize(layer.n_nodes);
  for (const uint32_t node : from) see(node);
  compare_gathered(layer, query, options, hits);
  while (!ahead_.empty()) {
    const GraphHit next = ahead_.front();
    if (hits.size() == options.n_beam && is_nearer(hits.front(), next)) break;
    if (seen_.size() > options.most_seen) return WalkEnd::kGaveUp;
    std::pop_heap(ahead_.begin(), ahead_.end(), is_farther);
    ahead_.pop_back();
    if (!gather_links(layer, next.node)) return WalkEnd::kBroken;
    compare_gathered(layer, query, options, hits);
  }
  std::sort_heap(hits.begin(), hits.end(), is_nearer);
  return WalkEnd::kArrived;
}

}  // namespace hanok
