// Search with the real embedder on a labelled set from outside the project, HANOK_RETRIEVAL_SETS of cmake: what hanok
// does is no worse than its better leg, and reaches its floor.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "documents/reader.h"
#include "real_model.h"
#include "search/chunker.h"
#include "search/support.h"

#include "search/searcher.h"

namespace hanok::testing {
namespace {

using Json = nlohmann::json;

class RealSearch : public ::testing::Test {
 protected:
  // A document for each note, vectors and all.
  void index(const Json& notes, const VectorMaker& maker) {
    SegmentBuilder builder;
    for (const Json& note : notes) {
      const auto document = read_document(note["text"].get<std::string>(), "note.md");
      ASSERT_TRUE(document);
      DocumentEntry entry;
      entry.title = note["title"];
      builder.add(std::move(entry), chunk_document(*document));
    }
    std::vector<std::string> texts;
    for (size_t i = 0; i < builder.n_chunks(); ++i) texts.push_back(builder.text_to_embed(i));
    const auto vectors = maker.make(texts, TextRole::kPassage);
    ASSERT_TRUE(vectors);
    for (size_t i = 0; i < texts.size(); ++i)
      builder.set_vector(i, std::span(*vectors).subspan(i * maker.dim, maker.dim));
    bytes_ = segment_bytes(builder, maker.dim);
    snapshot_ = snapshot_of(bytes_);
  }
  double gain(const Searcher& searcher, const std::string& query, std::span<const float> vector, SearchLegs legs,
              const std::string& expected) const {
    SearchOptions options;
    options.legs = legs;
    const auto results = searcher.search(query, vector, options);
    for (size_t i = 0; results && i < results->size(); ++i)
      if ((*results)[i].place.title == expected) return 1 / std::log2(static_cast<double>(i) + 2);
    return 0;
  }
  std::string bytes_;
  Snapshot snapshot_;
};

TEST_F(RealSearch, BothLegsTogetherAreNoWorseThanTheBetterOne) {
  const std::filesystem::path folder = HANOK_RETRIEVAL_SETS;  // with ko-bench/
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no labelled sets in " << folder;
  HANOK_REAL_MODEL(model, "multilingual-e5-small");
  std::ifstream file(folder / "ko-bench" / "ko-bench.json");
  const Json set = Json::parse(file, nullptr, false);
  ASSERT_FALSE(set.is_discarded()) << folder;
  auto embedder = Embedder::load(model, {});
  ASSERT_TRUE(embedder) << embedder.error().to_string();
  const VectorMaker maker = vector_maker(**embedder);
  index(set["notes"], maker);
  ThreadPool pool;
  const Searcher searcher(snapshot_, {}, pool, dot_rows_for((*choose_kernels())->isa));
  for (const bool with_spaces : {true, false}) {
    double words = 0, vectors = 0, both = 0;
    for (const Json& question : set["queries"]) {
      std::string query = question["q"];
      if (!with_spaces) std::erase(query, ' ');
      const auto vector = maker.make(std::span(&query, 1), TextRole::kQuery);
      ASSERT_TRUE(vector);
      words += gain(searcher, query, *vector, SearchLegs::kLexical, question["expect"]);
      vectors += gain(searcher, query, *vector, SearchLegs::kVector, question["expect"]);
      both += gain(searcher, query, *vector, SearchLegs::kBoth, question["expect"]);
    }
    EXPECT_GE(both, std::max(words, vectors)) << with_spaces;
    if (!with_spaces) continue;
    EXPECT_GE(both / static_cast<double>(set["queries"].size()), 0.86);
  }
}

}  // namespace
}  // namespace hanok::testing
