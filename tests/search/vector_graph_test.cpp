// The graph leads to what a scan finds, is the same whoever builds it, and no damage of its file does harm.
#include "search/vector_graph.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/graph_support.h"

namespace hanok::testing {
namespace {

constexpr uint32_t kDim = 24;

// Nothing where the walk gave up.
std::optional<std::vector<NearChunk>> walked(const VectorGraph& graph, const Segment& segment,
                                             const std::vector<float>& vector, const WalkOptions& options) {
  auto near = graph.nearest(segment.vector_rows(), QueryCodes(vector).view(), options, dot_rows_portable);
  EXPECT_TRUE(near) << near.error().to_string();
  return std::move(*near);
}

std::vector<NearChunk> nearest(const VectorGraph& graph, const Segment& segment, const std::vector<float>& vector,
                               const WalkOptions& options) {
  auto near = walked(graph, segment, vector, options);
  EXPECT_TRUE(near);
  return near ? std::move(*near) : std::vector<NearChunk>();
}

class VectorGraphTest : public ::testing::Test {
 protected:
  void make(const Vectors& vectors, uint32_t dim = kDim) {
    segment_bytes_ = vectors_segment(vectors, dim);
    auto segment = Segment::parse(segment_bytes_, "segment");
    ASSERT_TRUE(segment);
    segment_ = std::make_unique<Segment>(std::move(*segment));
    bytes_ = graph_bytes(layers_of(*segment_), *segment_);
    auto graph = VectorGraph::parse(bytes_, "graph", *segment_);
    ASSERT_TRUE(graph) << graph.error().to_string();
    graph_ = std::make_unique<VectorGraph>(std::move(*graph));
  }
  // The mean recall of the first ten over queries like the vectors.
  double mean_recall(const WalkOptions& options) {
    double sum = 0;
    const Vectors queries = clustered_vectors(100, kDim, 40, 2);
    for (const std::vector<float>& query : queries) {
      sum += recall(scanned(segment_->vector_rows(), QueryCodes(query), 10, options.passes),
                    nearest(*graph_, *segment_, query, options));
    }
    return sum / static_cast<double>(queries.size());
  }

  std::string segment_bytes_, bytes_;
  std::unique_ptr<Segment> segment_;
  std::unique_ptr<VectorGraph> graph_;
};

TEST_F(VectorGraphTest, FindsWhatAScanFinds) {
  make(clustered_vectors(4000, kDim, 40, 1));
  EXPECT_EQ(graph_->n_layers(), 2u);
  EXPECT_GE(mean_recall({40, {}}), 0.98);
}

TEST_F(VectorGraphTest, WhatDoesNotPassIsWalkedThroughAndNotFound) {
  make(clustered_vectors(4000, kDim, 40, 1));
  WalkOptions options{40, [](uint32_t chunk) { return chunk % 3 == 0; }};
  EXPECT_GE(mean_recall(options), 0.98);
  for (const NearChunk& n : nearest(*graph_, *segment_, clustered_vectors(1, kDim, 40, 3)[0], options))
    EXPECT_EQ(n.chunk % 3, 0u);
}

TEST_F(VectorGraphTest, AWalkThatBecomesTooLongIsGivenUp) {
  make(clustered_vectors(4000, kDim, 40, 1));
  WalkOptions options{40, [](uint32_t) { return false; }};
  options.most_seen = 500;
  EXPECT_FALSE(walked(*graph_, *segment_, clustered_vectors(1, kDim, 40, 3)[0], options));
}

TEST_F(VectorGraphTest, EachVectorIsFoundByItself) {
  const Vectors vectors = clustered_vectors(2000, kDim, 200, 1);
  make(vectors);
  size_t n_found = 0;
  for (uint32_t i = 0; i < vectors.size(); ++i)
    n_found += nearest(*graph_, *segment_, vectors[i], {20, {}})[0].chunk == i;
  EXPECT_GE(n_found, 1996u) << "a link back may be all that leads to a node, and be given to a nearer one";
}

TEST_F(VectorGraphTest, IsTheSameForAllThreadsAndInstructionSets) {
  make(clustered_vectors(1500, kDim, 40, 1));
  for (const Isa isa : {Isa::kPortable, (*choose_kernels())->isa})
    for (const int n_threads : {1, 3})
      EXPECT_EQ(graph_bytes(layers_of(*segment_, n_threads, isa), *segment_), bytes_) << n_threads;
}

TEST_F(VectorGraphTest, LinksLeadToOtherNodesOnceEach) {
  make(clustered_vectors(1500, kDim, 40, 1));
  const GraphLayer& all = graph_->layer(1);
  EXPECT_EQ(all.n_nodes, 1500u);
  for (uint32_t node = 0; node < all.n_nodes; ++node) {
    std::set<uint32_t> seen{node};
    for (uint32_t i = 0; i < kGraphDegree && all.link(node, i) != kNoNode; ++i) {
      EXPECT_LT(all.link(node, i), all.n_nodes);
      EXPECT_TRUE(seen.insert(all.link(node, i)).second);
    }
    EXPECT_GE(seen.size(), 9u) << "half the paper's M at least, and itself";
  }
}

TEST_F(VectorGraphTest, PassagesWithoutAVectorAreNotInIt) {
  Vectors vectors = clustered_vectors(1200, kDim, 40, 1);
  for (size_t i = 0; i < vectors.size(); i += 5) vectors[i].clear();
  make(vectors);
  EXPECT_EQ(graph_->layer(graph_->n_layers() - 1).n_nodes, 960u);
  for (const NearChunk& n : nearest(*graph_, *segment_, vectors[1], {100, {}})) EXPECT_NE(n.chunk % 5, 0u);
}

TEST_F(VectorGraphTest, OneVectorIsAGraph) {
  make({{0.6f, 0.8f}}, 2);
  const auto near = nearest(*graph_, *segment_, {1, 0}, {10, {}});
  ASSERT_EQ(near.size(), 1u);
  EXPECT_NEAR(near[0].similarity, 0.6f, 0.01f);
}

TEST_F(VectorGraphTest, OfEqualVectorsAsManyAreFoundAsAreWanted) {
  make(Vectors(1500, std::vector<float>(8, 0.35f)), 8);
  EXPECT_EQ(nearest(*graph_, *segment_, std::vector<float>(8, 0.35f), {200, {}}).size(), 200u);
}

TEST_F(VectorGraphTest, WithoutVectorsThereIsNone) {
  const std::string bytes = vectors_segment(Vectors(3), 4);
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment);
  EXPECT_TRUE(layers_of(*segment).empty());
}

TEST_F(VectorGraphTest, BuildingStopsWhenItIsTold) {
  make(clustered_vectors(1500, kDim, 40, 1));
  ThreadPool pool(2);
  uint64_t last = 0;
  const auto stopped =
      build_graph(segment_->vector_rows(), pool, dot_rows_portable, [&](uint64_t done, uint64_t total) {
        EXPECT_GT(done, last);
        EXPECT_GE(total, 1500u);
        last = done;
        return done < 700;
      });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_LT(last, 1500u);
}

// Damage.

void put(std::string& bytes, size_t at, uint64_t value, size_t n_bytes) {
  for (size_t i = 0; i < n_bytes; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

class DamagedGraph : public VectorGraphTest {
 protected:
  // Two layers, the upper of some seventy nodes.
  void SetUp() override {
    make(clustered_vectors(600, 8, 10, 1), 8);
    n_layers_ = graph_->n_layers();
    header_bytes_ = kGraphFixedBytes + n_layers_ * kGraphLayerBytes;
  }
  size_t at(const char* of) const { return static_cast<size_t>(of - bytes_.data()); }
  // The bytes with all checksums made right.
  std::string with_checksums(std::string bytes) const {
    for (size_t i = 0; i < n_layers_; ++i) {
      const GraphLayer& layer = graph_->layer(i);
      const size_t n = layer.n_nodes * sizeof(uint32_t);
      const size_t sums = kGraphFixedBytes + i * kGraphLayerBytes + 8;
      put(bytes, sums, checksum_of(std::string_view(bytes).substr(at(layer.chunks), n)), 8);
      put(bytes, sums + 8, checksum_of(std::string_view(bytes).substr(at(layer.links), n * kGraphDegree)), 8);
    }
    put(bytes, header_bytes_, checksum_of(std::string_view(bytes).substr(0, header_bytes_)), 8);
    return bytes;
  }
  bool opens(const std::string& bytes) const {
    const auto graph = VectorGraph::parse(bytes, "graph", *segment_);
    if (!graph) {
      EXPECT_EQ(graph.error().kind, ErrorKind::kCorruptFile);
    }
    return graph.has_value();
  }
  // Walks everywhere; whether that was possible.
  bool can_be_walked(const std::string& bytes) const {
    const auto graph = VectorGraph::parse(bytes, "graph", *segment_);
    EXPECT_TRUE(graph);
    const QueryCodes query(std::vector<float>(8, 0.3f));
    const auto near = graph->nearest(segment_->vector_rows(), query.view(), {1000, {}}, dot_rows_portable);
    if (!near) {
      EXPECT_EQ(near.error().kind, ErrorKind::kCorruptFile);
    }
    return near.has_value();
  }

  size_t n_layers_ = 0, header_bytes_ = 0;
};

TEST_F(DamagedGraph, EveryChangedByteIsNoticed) {
  ASSERT_EQ(n_layers_, 2u);
  size_t n_unnoticed = 0;
  for (size_t i = 0; i < bytes_.size(); i += i < 5000 ? 1 : 5) {
    std::string bytes = bytes_;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x41);
    const auto graph = VectorGraph::parse(bytes, "graph", *segment_);
    n_unnoticed += graph && graph->verify() ? 1 : 0;
    if (i >= 8 && i < 12) continue;  // the version
    if (!graph) {
      EXPECT_EQ(graph.error().kind, ErrorKind::kCorruptFile);
    }
  }
  EXPECT_LT(n_unnoticed, 5 * kGraphAlignment) << "only the zeros between the parts are not checked";
  for (size_t n = 0; n < bytes_.size(); n += 61) EXPECT_FALSE(opens(bytes_.substr(0, n)));
}

TEST_F(DamagedGraph, NumbersThatCannotBeAreToldThoughTheirChecksumsAreRight) {
  ASSERT_TRUE(opens(with_checksums(bytes_)));
  for (size_t offset = 8; offset < kGraphFixedBytes + n_layers_ * kGraphLayerBytes; offset += 4) {
    const bool is_checksum = offset >= kGraphFixedBytes && (offset - kGraphFixedBytes) % kGraphLayerBytes >= 8;
    if (offset == 8 || is_checksum) continue;  // the version; checksums
    for (const uint32_t value : {0u, 1u, 3u, 0x7fffffffu, 0xffffffffu}) {
      std::string bytes = bytes_;
      if (number_at<uint32_t>(bytes, offset) == value) continue;
      put(bytes, offset, value, 4);
      EXPECT_FALSE(opens(with_checksums(bytes))) << offset << " " << value;
    }
  }
}

TEST_F(DamagedGraph, EveryChunkThatCannotBeIsTold) {
  for (size_t i = 0; i < n_layers_; ++i) {
    for (uint32_t node = 0; node < graph_->layer(i).n_nodes; ++node) {
      for (const uint32_t value : {0u, 599u, 600u, 0xffffffffu}) {
        std::string bytes = bytes_;
        if (graph_->layer(i).chunk(node) == value) continue;
        put(bytes, at(graph_->layer(i).chunks) + 4 * node, value, 4);
        // In the layer above another chunk of the one below may stand, as long as the order is kept.
        const bool may_be = i == 0 && (node == 0 ? value < graph_->layer(i).chunk(1)
                                                 : node + 1 == graph_->layer(i).n_nodes && value == 599u);
        EXPECT_EQ(opens(with_checksums(bytes)), may_be) << i << " " << node << " " << value;
      }
    }
  }
}

TEST_F(DamagedGraph, EveryLinkOutOfItsLayerIsToldAndNoneDoesHarm) {
  for (size_t i = 0; i < n_layers_; ++i) {
    const GraphLayer& layer = graph_->layer(i);
    for (uint32_t k = 0; k < layer.n_nodes * kGraphDegree; k += 13) {
      for (const uint32_t value : {0u, layer.n_nodes - 1, layer.n_nodes, 0xfffffffeu, 0xffffffffu}) {
        std::string bytes = bytes_;
        const uint32_t was = layer.link(k / kGraphDegree, k % kGraphDegree);
        put(bytes, at(layer.links) + 4 * k, value, 4);
        bytes = with_checksums(bytes);
        const bool is_walked = can_be_walked(bytes);
        // The lower layer is walked whole, so that each link is followed; the upper near its nearest nodes only.
        if (value >= layer.n_nodes && value != kNoNode && was != kNoNode && i == 1) {
          EXPECT_FALSE(is_walked) << k;
        }
        if (value < layer.n_nodes) {
          EXPECT_TRUE(is_walked);
        }
      }
    }
  }
}

TEST_F(DamagedGraph, AnotherSegmentsIsRefusedAndANewerOneToo) {
  const std::string other_bytes = vectors_segment(clustered_vectors(600, 8, 10, 9), 8);
  const auto other = Segment::parse(other_bytes, "s");
  ASSERT_TRUE(other);
  const auto graph = VectorGraph::parse(bytes_, "graph", *other);
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().kind, ErrorKind::kCorruptFile);
  std::string bytes = bytes_;
  bytes[8] = 2;
  const auto newer = VectorGraph::parse(bytes, "graph", *segment_);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace hanok::testing
