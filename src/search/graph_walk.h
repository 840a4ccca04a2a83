// One layer of a graph of near vectors, and the walk over it towards a query: Malkov and Yashunin's "search layer"
// (arXiv 1603.09320, algorithm 2).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "search/vector_rows.h"

namespace hanok {

inline constexpr uint32_t kGraphDegree = 32;     // links of a node at most: twice the paper's M, as its layer 0 has
inline constexpr uint32_t kNoNode = UINT32_MAX;  // behind a node's last link

// A node is a place in the layer; its links are places too. Looks at bytes that live elsewhere.
struct GraphLayer {
  uint32_t n_nodes = 0;
  const char* chunks = nullptr;  // u32 [n_nodes], ascending
  const char* links = nullptr;   // u32 [n_nodes, kGraphDegree]; foreign: each is looked at before it is used

  uint32_t chunk(uint32_t node) const;
  uint32_t link(uint32_t node, uint32_t i) const;
  // The node of a chunk that is in the layer, or kNoNode.
  uint32_t node_of(uint32_t chunk) const;
};

struct GraphHit {
  float similarity = 0;
  uint32_t node = 0;
};

// Nearer first; of equals the one with the lower number.
inline bool is_nearer(const GraphHit& a, const GraphHit& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.node < b.node;
}

struct WalkOptions {
  size_t n_beam = 0;  // hits that are kept while walking
  // Chunks that may be hits; the walk passes through the others. Empty: all may.
  std::function<bool(uint32_t chunk)> passes;
  size_t most_seen = SIZE_MAX;  // nodes whose vectors are looked at before the walk gives up
};

enum class WalkEnd { kArrived, kGaveUp, kBroken };

// What a walk needs beside the layer, kept from one to the next. For one thread.
class GraphWalker {
 public:
  GraphWalker(const VectorRows& rows, DotRows dot_rows) : rows_(rows), dot_rows_(dot_rows) {}

  // From the nodes `from` to those nearest the query: at most n_beam hits, nearest first. kBroken: a link leaves the
  // layer. Ends whatever the links are, as no node is seen twice.
  WalkEnd walk(const GraphLayer& layer, const CodedVector& query, std::span<const uint32_t> from,
               const WalkOptions& options, std::vector<GraphHit>& hits);

 private:
  void see(uint32_t node);
  bool gather_links(const GraphLayer& layer, uint32_t node);
  void compare_gathered(const GraphLayer& layer, const CodedVector& query, const WalkOptions& options,
                        std::vector<GraphHit>& hits);

  VectorRows rows_;
  DotRows dot_rows_;
  std::vector<bool> is_seen_;
  std::vector<uint32_t> seen_, gathered_;
  std::vector<GraphHit> ahead_;  // a heap, its front the nearest
};

}  // namespace hanok
