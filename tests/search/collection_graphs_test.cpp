// Graphs beside the segments of a collection: made for large ones, found again on the disk, gone with what they were
// of, and searched with the same results as a scan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/graph_support.h"
#include "search/indexer.h"
#include "search/searcher.h"

namespace hanok::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
namespace fs = std::filesystem;

constexpr uint32_t kDim = 16;

class CollectionGraphs : public ::testing::Test {
 protected:
  CollectionWriter open() {
    auto writer = CollectionWriter::open(folder_);
    EXPECT_TRUE(writer) << writer.error().to_string();
    writer->manifest().dim = kDim;
    return std::move(*writer);
  }
  static void add(CollectionWriter& writer, size_t n, unsigned seed) {
    SegmentBuilder builder;
    add_vectors(builder, clustered_vectors(n, kDim, 40, seed));
    ASSERT_TRUE(writer.commit(&builder));
  }
  static GraphOptions of_at_least(uint32_t n) {
    GraphOptions options;
    options.least_vectors = n;
    options.n_threads = 2;
    return options;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder_)) out.push_back(entry.path().filename().string());
    std::sort(out.begin(), out.end());
    return out;
  }
  Snapshot snapshot() const {
    auto snapshot = open_snapshot(folder_);
    EXPECT_TRUE(snapshot) << snapshot.error().to_string();
    return std::move(*snapshot);
  }
  // The same without graphs.
  static Snapshot without_graphs(Snapshot snapshot) {
    for (LiveSegment& live : snapshot.segments) live.graph = nullptr;
    return snapshot;
  }
  std::vector<float> scores(const Snapshot& snapshot, const std::vector<float>& vector, size_t n_nearest,
                            const std::vector<bool>& allowed = {}, std::span<const uint32_t> also = {}) {
    auto scores = score_vectors(snapshot, {vector, n_nearest, allowed, also}, pool_, dot_rows_portable);
    EXPECT_TRUE(scores) << scores.error().to_string();
    return std::move(*scores);
  }
  static size_t n_known(const std::vector<float>& scores) {
    return scores.size() - static_cast<size_t>(std::count(scores.begin(), scores.end(), kNoVector));
  }

  Scratch scratch_;
  fs::path folder_ = scratch_ / "collections/모음";
  ThreadPool pool_{2};
};

TEST_F(CollectionGraphs, LargeSegmentsGetOneAndItIsThereWhenOpenedAgain) {
  {
    CollectionWriter writer = open();
    add(writer, 6000, 1);
    add(writer, 100, 2);
    ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  }
  EXPECT_THAT(names(), ElementsAre("graph-0000000000000001", "lock", "manifest", "segment-0000000000000001",
                                   "segment-0000000000000002"));
  const Snapshot opened = snapshot();
  ASSERT_TRUE(opened.segments[0].graph);
  EXPECT_FALSE(opened.segments[1].graph);
  EXPECT_TRUE(opened.segments[0].graph->verify());
  EXPECT_GT(opened.n_bytes(), without_graphs(opened).n_bytes());
  size_t n_walked = 0;
  double found = 0;
  const Vectors queries = clustered_vectors(50, kDim, 40, 3);
  for (const std::vector<float>& query : queries) {
    const std::vector<float> all = scores(without_graphs(opened), query, 10), some = scores(opened, query, 10);
    ASSERT_EQ(n_known(all), 6100u);
    n_walked += n_known(some) < 1000 ? 1 : 0;
    for (size_t i = 0; i < all.size(); ++i)
      if (some[i] != kNoVector) {
        ASSERT_EQ(some[i], all[i]) << "exact, as far as it is known";
      }
    for (size_t i = 6000; i < all.size(); ++i) ASSERT_EQ(some[i], all[i]) << "the small segment is scanned";
    const std::vector<uint32_t> best = best_chunks({all, kNoVector}, 10);
    for (const uint32_t chunk : best) found += some[chunk] != kNoVector ? 1 : 0;
  }
  EXPECT_EQ(n_walked, queries.size());
  EXPECT_GE(found, 0.98 * 10 * 50);
}

TEST_F(CollectionGraphs, RemovedDocumentsAreNotFoundThroughIt) {
  CollectionWriter writer = open();
  add(writer, 6000, 1);
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  for (uint32_t document = 0; document < 600; document += 4) writer.remove_document(0, document);
  ASSERT_TRUE(writer.commit());
  const Snapshot opened = snapshot();
  ASSERT_TRUE(opened.segments[0].graph) << "removing does not touch it";
  const std::vector<float> query = clustered_vectors(1, kDim, 40, 3)[0];
  const std::vector<float> some = scores(opened, query, 10);
  EXPECT_LT(n_known(some), 1000u);
  for (uint32_t chunk = 0; chunk < 6000; ++chunk)
    if (chunk / 10 % 4 == 0) {
      ASSERT_EQ(some[chunk], kNoVector);
    }
}

TEST_F(CollectionGraphs, WhereFewPassTheyAreAllCompared) {
  CollectionWriter writer = open();
  add(writer, 6000, 1);
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  const Snapshot opened = snapshot();
  for (const uint32_t every : {7u, 100u, 6000u}) {
    std::vector<bool> allowed(6000);
    for (uint32_t i = 3; i < 6000; i += every) allowed[i] = true;
    const std::vector<float> query = clustered_vectors(1, kDim, 40, 3)[0];
    const std::vector<float> with = scores(opened, query, 10, allowed);
    EXPECT_EQ(with, scores(without_graphs(opened), query, 10, allowed));
    EXPECT_EQ(n_known(with), static_cast<size_t>(std::count(allowed.begin(), allowed.end(), true)));
  }
}

TEST_F(CollectionGraphs, WhereThoseThatPassLieFarAwayTheyAreAllCompared) {
  // Most pass, but none of those near the query: no walk ends there.
  Vectors vectors = clustered_vectors(6000, kDim, 1, 1);
  const std::vector<float> query = vectors[0];
  for (size_t i = 2500; i < vectors.size(); ++i)
    for (float& x : vectors[i]) x = -x;
  SegmentBuilder builder;
  add_vectors(builder, vectors);
  CollectionWriter writer = open();
  ASSERT_TRUE(writer.commit(&builder));
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  const Snapshot opened = snapshot();
  std::vector<bool> allowed(6000);
  for (size_t i = 2500; i < 6000; ++i) allowed[i] = true;
  const std::vector<float> with = scores(opened, query, 4, allowed);
  EXPECT_EQ(n_known(with), 3500u);
}

TEST_F(CollectionGraphs, WhatTheWordsPutForwardHasItsSimilarityToo) {
  CollectionWriter writer = open();
  add(writer, 6000, 1);
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  const Snapshot opened = snapshot();
  const std::vector<float> query = clustered_vectors(1, kDim, 40, 3)[0];
  const std::vector<float> all = scores(without_graphs(opened), query, 10);
  const auto worst = static_cast<uint32_t>(std::min_element(all.begin(), all.end()) - all.begin());
  EXPECT_EQ(scores(opened, query, 10)[worst], kNoVector);
  EXPECT_EQ(scores(opened, query, 10, {}, std::span(&worst, 1))[worst], all[worst]);
}

TEST_F(CollectionGraphs, ASearchFindsTheSameWithIt) {
  {
    CollectionWriter writer = open();
    writer.manifest().sources.push_back({1, "/문서"});
    add(writer, 6000, 1);
    ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  }
  const Snapshot with = snapshot(), without = without_graphs(with);
  ASSERT_TRUE(with.segments[0].graph);
  SearchOptions options;
  options.n_candidates = 20;
  for (const std::string folder : {"", "/문서/폴더1"}) {
    options.filter.folder = folder;
    for (const std::vector<float>& query : clustered_vectors(20, kDim, 40, 3)) {
      const auto a = Searcher(with, {}, pool_, dot_rows_portable).search("대목 17 42", query, options);
      const auto b = Searcher(without, {}, pool_, dot_rows_portable).search("대목 17 42", query, options);
      ASSERT_TRUE(a && b);
      ASSERT_EQ(a->size(), 10u);
      ASSERT_EQ(a->size(), b->size());
      size_t n_same = 0;
      for (size_t i = 0; i < a->size(); ++i) n_same += (*a)[i].text == (*b)[i].text && (*a)[i].score == (*b)[i].score;
      EXPECT_GE(n_same, 9u);
    }
  }
}

TEST_F(CollectionGraphs, GoesWithItsSegment) {
  CollectionWriter writer = open();
  add(writer, 1200, 1);
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  EXPECT_THAT(names(), Contains("graph-0000000000000001"));
  writer.remove_document(0, 0);
  ASSERT_TRUE(writer.compact(0));
  EXPECT_THAT(names(), ElementsAre("lock", "manifest", "segment-0000000000000002"));
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  EXPECT_THAT(names(), Contains("graph-0000000000000002"));
  ASSERT_TRUE(snapshot().segments[0].graph);
}

TEST_F(CollectionGraphs, LeftoversOfAWriterThatDiedAreRemoved) {
  {
    CollectionWriter writer = open();
    add(writer, 20, 1);
  }
  write_file(folder_ / "graph-0000000000000001.new", "half");
  write_file(folder_ / "graph-0000000000000009", "of a segment that is gone");
  const CollectionWriter writer = open();
  EXPECT_THAT(names(), ElementsAre("lock", "manifest", "segment-0000000000000001"));
}

TEST_F(CollectionGraphs, ABrokenOneIsToldToReadersAndMadeAnewByTheWriter) {
  {
    CollectionWriter writer = open();
    add(writer, 1200, 1);
    ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  }
  const fs::path path = folder_ / "graph-0000000000000001";
  const std::string good = read_file(path);
  for (const size_t at : {size_t{20}, good.size() - 200}) {  // the header; a link
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write_file(path, bytes);
    const auto opened = open_snapshot(folder_);
    EXPECT_EQ(opened.has_value(), at != 20u);
    if (!opened) {
      EXPECT_EQ(opened.error().kind, ErrorKind::kCorruptFile);
    }
    CollectionWriter writer = open();
    EXPECT_FALSE(writer.snapshot().segments[0].graph);
    ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
    EXPECT_EQ(read_file(path), good);
  }
}

TEST_F(CollectionGraphs, AnInterruptionCostsNoMoreThanTheGraph) {
  CollectionWriter writer = open();
  add(writer, 1200, 1);
  GraphOptions options = of_at_least(1000);
  options.step = [](uint64_t, uint64_t) { return false; };
  const Status stopped = writer.build_graphs(options);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_THAT(names(), ElementsAre("lock", "manifest", "segment-0000000000000001"));
  EXPECT_EQ(snapshot().n_chunks(), 1200u);
  ASSERT_TRUE(writer.build_graphs(of_at_least(1000)));
  EXPECT_TRUE(snapshot().segments[0].graph);
}

TEST_F(CollectionGraphs, TheIndexerMakesThemAtTheEnd) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "# 제목 " + std::to_string(i) + "\n\n연차 휴가는 " + std::to_string(i) + "일이다.\n\n";
  write_file(scratch_ / "문서/규정.md", text);
  auto writer = CollectionWriter::open(folder_);
  ASSERT_TRUE(writer);
  const VectorMaker maker = term_vectors(kDim);
  bool is_built = false, is_stopped = true;
  IndexOptions options;
  options.vectors = &maker;
  options.least_graph_vectors = 20;
  options.on_progress = [&](const IndexProgress& p) { is_built = is_built || p.step == IndexProgress::Step::kGraph; };
  options.going_on = [&] { return !is_built || !is_stopped; };
  auto indexer = Indexer::open(*writer, options);
  ASSERT_TRUE(indexer);
  IndexReport report;
  ASSERT_TRUE(indexer->update(scratch_ / "문서", report));
  const Status stopped = indexer->tidy();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_FALSE(writer->snapshot().segments[0].graph);
  is_stopped = false;
  ASSERT_TRUE(indexer->tidy());
  EXPECT_TRUE(writer->snapshot().segments[0].graph);
}

}  // namespace
}  // namespace hanok::testing
