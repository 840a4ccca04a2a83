// Searches find, filter, and say which leg found what; the lexical score equals BM25 worked out in double.
#include "search/searcher.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "search/support.h"
#include "text/unicode.h"

namespace hanok::testing {
namespace {

class SearcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SegmentBuilder builder;
    add(builder, "규정/휴가.hwp", "hwp5", 100, "연차 휴가는 1년에 15일이다");
    add(builder, "규정/여비.md", "markdown", 200, "출장 여비는 실비로 준다. 출장은 미리 알린다");
    add(builder, "공지/알림.txt", "text", 300, "도서관은 월요일에 쉰다");
    add(builder, "공지/겹침.txt", "text", 400, "연차 휴가는 1년에 15일이다");
    make(builder);
  }
  void add(SegmentBuilder& builder, const std::string& path, const std::string& format, int64_t date,
           const std::string& text) {
    DocumentEntry entry = document(path);
    entry.format = format;
    entry.date_s = date;
    builder.add(entry, {passage(text)});
  }
  void make(SegmentBuilder& builder) {
    const VectorMaker maker = term_vectors();
    for (const size_t i : builder.without_vectors(maker.dim)) {
      const std::string text = builder.text_to_embed(i);
      builder.set_vector(i, *maker.make(std::span(&text, 1), TextRole::kPassage));
    }
    bytes_ = segment_bytes(builder, maker.dim);
    snapshot_ = snapshot_of(bytes_);
  }
  std::vector<SearchResult> search(const std::string& query, const SearchOptions& options = {},
                                   bool with_vector = false) {
    const Searcher searcher(snapshot_, {}, pool_, dot_rows_for(Isa::kPortable));
    std::vector<float> vector;
    if (with_vector) vector = *term_vectors().make(std::span(&query, 1), TextRole::kQuery);
    auto results = searcher.search(query, vector, options);
    EXPECT_TRUE(results);
    return std::move(*results);
  }
  std::vector<std::string> files(const std::string& query, const SearchOptions& options = {}) {
    std::vector<std::string> out;
    for (const SearchResult& r : search(query, options)) out.push_back(r.place.file);
    return out;
  }
  using Files = std::vector<std::string>;

  std::string bytes_;
  Snapshot snapshot_;
  ThreadPool pool_{2};
};

TEST_F(SearcherTest, FindsWithAndWithoutSpaces) {
  for (const char* query : {"출장 여비", "출장여비", "여비출장"})
    EXPECT_EQ(files(query), Files{"/documents/규정/여비.md"});
  EXPECT_TRUE(files("xyz").empty());
  for (const char* query : {"", "  ", "?!"}) {
    EXPECT_TRUE(files(query).empty());
    EXPECT_TRUE(search(query, {}, true).empty()) << "vectors have no answer to nothing either";
  }
}

TEST_F(SearcherTest, TheSameTextIsOneResultWithAllItsPlaces) {
  const auto results = search("연차휴가");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].place.file, "/documents/규정/휴가.hwp");
  ASSERT_EQ(results[0].others.size(), 1u);
  EXPECT_EQ(results[0].others[0].file, "/documents/공지/겹침.txt");
}

TEST_F(SearcherTest, FiltersByFolderTypeAndDate) {
  SearchOptions options;
  options.filter.folder = "/documents/공지";
  EXPECT_EQ(files("연차휴가", options), Files{"/documents/공지/겹침.txt"});
  options.filter.folder = normalize("/documents/공지", Normalization::kNfd) + "/";
  EXPECT_EQ(files("연차휴가", options), Files{"/documents/공지/겹침.txt"});
  options.filter = {};
  options.filter.types = {"hwp"};
  EXPECT_EQ(files("는", options), Files{"/documents/규정/휴가.hwp"});
  options.filter.types = {"md", ".TXT"};
  EXPECT_EQ(files("는", options).size(), 2u) << "the text that also stands in the .hwp, and the .md";
  options.filter = {};
  options.filter.since_s = 200;
  options.filter.until_s = 300;
  EXPECT_EQ(files("는", options), Files{"/documents/규정/여비.md"});
}

TEST_F(SearcherTest, ATypeIsThatAlone) {
  SegmentBuilder builder;
  for (const char* format : {"hwp5", "hwp3", "hwpx", "hwpml", "html"})
    add(builder, std::string("문서.") + format, format, 1, std::string("같은 낱말 ") + format);
  add(builder, "바뀐 이름.hwp", "hwpx", 1, "같은 낱말 다른 이름");
  add(builder, "기록.log", "text", 1, "같은 낱말 기록");
  make(builder);
  const auto n = [&](std::vector<std::string> types) {
    SearchOptions options;
    options.filter.types = std::move(types);
    return files("낱말", options).size();
  };
  EXPECT_EQ(n({"hwp"}), 2u) << "HWP 5 and 3, whatever the name says";
  EXPECT_EQ(n({"hwpx"}), 2u);
  EXPECT_EQ(n({"hwp3"}), 1u);
  EXPECT_EQ(n({"hwp", "hml", "HTM"}), 4u);
  EXPECT_EQ(n({".log"}), 1u) << "an ending";
  EXPECT_EQ(n({"txt"}), 1u) << "text, whatever it ends in";
  EXPECT_EQ(n({"docx"}), 0u) << "there could be some";
}

TEST_F(SearcherTest, WhatNothingCouldPassIsAnError) {
  const auto error_of = [&](const SearchFilter& filter) {
    SearchOptions options;
    options.filter = filter;
    const auto results = Searcher(snapshot_, {}, pool_, dot_rows_for(Isa::kPortable)).search("휴가", {}, options);
    EXPECT_FALSE(results);
    return results ? Error() : results.error();
  };
  SearchFilter filter;
  for (const char* type : {"h", "hwq", "", "hwp,hwpx"}) {
    filter.types = {"hwp", type};
    EXPECT_EQ(error_of(filter).kind, ErrorKind::kInvalidInput) << type;
    EXPECT_EQ(error_of(filter).got, type);
  }
  filter.types.clear();
  for (const char* folder : {"/documents/공", "/documents/없음", "/elsewhere"}) {
    filter.folder = folder;
    EXPECT_EQ(error_of(filter).kind, ErrorKind::kNotFound) << folder << " (half a name is no folder)";
  }
}

TEST_F(SearcherTest, APathIsKnownInEitherFormOfItsHangul) {
  const std::string folder = "/documents/규정", file = folder + "/휴가.hwp";
  EXPECT_EQ(path_as_indexed(snapshot_, normalize(file, Normalization::kNfd)), file);
  EXPECT_EQ(path_as_indexed(snapshot_, normalize(folder, Normalization::kNfd)), folder);
  EXPECT_EQ(path_as_indexed(snapshot_, file), file);
  for (const char* other : {"/documents", "/", "/documents/규", "/documents/\xb1\xd4", "/없음"})
    EXPECT_EQ(path_as_indexed(snapshot_, other), other);
}

TEST_F(SearcherTest, EachLegSaysWhatItFound) {
  const auto results = search("출장 여비", {}, true);
  ASSERT_GE(results.size(), 2u);
  EXPECT_EQ(results[0].place.file, "/documents/규정/여비.md");
  ASSERT_TRUE(results[0].lexical && results[0].vector);
  EXPECT_EQ(results[0].lexical->rank, 1u);
  EXPECT_EQ(results[0].vector->rank, 1u);
  EXPECT_GT(results[0].vector->score, 0.3f);
  EXPECT_FALSE(search("출장 여비")[0].vector);
  SearchOptions one;
  one.n_results = 1;
  EXPECT_EQ(search("는", one).size(), 1u);
}

TEST_F(SearcherTest, RemovedDocumentsAreNotFound) {
  LiveSegment& live = snapshot_.segments[0];
  live.is_document_live[1] = false;
  live.is_chunk_live = {true, false, true};
  live.n_live_chunks = 2;
  EXPECT_TRUE(files("출장").empty());
  for (const SearchResult& r : search("출장 여비", {}, true)) EXPECT_NE(r.place.file, "/documents/규정/여비.md");
}

TEST_F(SearcherTest, TheLexicalScoreIsBm25) {
  const std::vector<std::string> texts{"가나 가나 다라", "가나다", "라마바사 abc", "abc abc 12"};
  SegmentBuilder builder;
  for (size_t i = 0; i < texts.size(); ++i) builder.add(document(std::to_string(i)), {passage(texts[i])});
  make(builder);
  const std::string query = "가나 abc";
  LexicalOptions options;
  options.title_weight = 0;
  const auto scores = LexicalScorer(snapshot_, options).score(query_terms(query));
  ASSERT_TRUE(scores);
  std::vector<std::map<std::string, int>> counts(texts.size());
  std::vector<double> lengths(texts.size());
  double total = 0;
  for (size_t i = 0; i < texts.size(); ++i)
    for_each_term(texts[i], [&](std::string_view t) { ++counts[i][std::string(t)], ++lengths[i], ++total; });
  const auto n = static_cast<double>(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    double expected = 0;
    for (const std::string& term : query_terms(query)) {
      double df = 0;
      for (const auto& c : counts) df += c.contains(term) ? 1 : 0;
      const double tf = counts[i].contains(term) ? counts[i][term] : 0;
      const double idf = std::log(1 + (n - df + 0.5) / (df + 0.5));
      expected += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * lengths[i] / (total / n)));
    }
    EXPECT_NEAR((*scores)[i], expected, 1e-5 * std::max(1.0, expected)) << i;
  }
}

TEST_F(SearcherTest, ATermOfTheTitleCountsForItsWeight) {
  SegmentBuilder builder;
  builder.add(document("a", "복무 규정"), {passage("제1조 목적")});
  builder.add(document("b", "다른 문서"), {passage("제2조 목적")});
  builder.add(document("c", "복무 규정"), {passage("휴가")});
  make(builder);
  const auto results = search("복무 규정 목적");
  ASSERT_GE(results.size(), 2u);
  EXPECT_EQ(results[0].place.file, "/documents/a");
}

TEST_F(SearcherTest, ResultsDoNotDependOnThreads) {
  ThreadPool one(1), four(4);
  const std::string query = "연차 휴가";
  const auto vector = *term_vectors().make(std::span(&query, 1), TextRole::kQuery);
  const auto a = Searcher(snapshot_, {}, one, dot_rows_for(Isa::kPortable)).rank(query, vector, {});
  const auto b = Searcher(snapshot_, {}, four, dot_rows_for(Isa::kPortable)).rank(query, vector, {});
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->size(), b->size());
  for (size_t i = 0; i < a->size(); ++i) {
    EXPECT_EQ((*a)[i].chunk, (*b)[i].chunk);
    EXPECT_EQ((*a)[i].score, (*b)[i].score);
  }
}

}  // namespace
}  // namespace hanok::testing
