// A folder of documents and the collection that follows it, as the tests of the indexer share them.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "search/indexer.h"
#include "search/searcher.h"
#include "search/support.h"

namespace hanok::testing {

class IndexerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("하나.md", "# 휴가 규정\n\n연차 휴가는 15일이다.");
    write("안/둘.txt", "출장 여비는 실비로 준다.");
  }
  void write(const std::string& name, const std::string& text) { write_file(docs_ / name, text); }
  // Makes a file's time that of long ago, so that it counts as settled.
  void settle(const std::string& name) {
    std::filesystem::last_write_time(docs_ / name,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(24));
  }
  IndexReport update(IndexOptions options = {}, const std::filesystem::path& path = {}) {
    auto writer = CollectionWriter::open(folder_);
    EXPECT_TRUE(writer);
    auto indexer = Indexer::open(*writer, std::move(options));
    EXPECT_TRUE(indexer);
    IndexReport report;
    last_ = indexer->update(path.empty() ? docs_ : path, report);
    if (last_) last_ = indexer->tidy();
    return report;
  }
  std::vector<std::string> search(const std::string& query, const SearchFilter& filter = {}) {
    const auto snapshot = open_snapshot(folder_);
    EXPECT_TRUE(snapshot) << snapshot.error().to_string();
    ThreadPool pool(1);
    SearchOptions options;
    options.filter = filter;
    const auto results = Searcher(*snapshot, {}, pool, dot_rows_for(Isa::kPortable)).search(query, {}, options);
    std::vector<std::string> files;
    for (const SearchResult& r : *results)
      files.push_back(std::filesystem::path(r.place.file).lexically_relative(docs_).string());
    return files;
  }
  Result<uint64_t> remove(const std::filesystem::path& path) {
    auto writer = CollectionWriter::open(folder_);
    EXPECT_TRUE(writer);
    return Indexer::open(*writer, {})->remove(path);
  }
  // Whether the bytes stand in any file of the collection; short words of Latin letters stand there as terms.
  bool is_on_disk(const std::string& part) const {
    bool any = false;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      any = any || read_file(entry.path()).find(part) != std::string::npos;
    return any;
  }
  uint64_t n_documents() { return open_snapshot(folder_)->n_documents(); }

  Scratch scratch_;
  std::filesystem::path docs_ = scratch_ / "문서", folder_ = scratch_ / "collections/모음";
  Status last_;
};

}  // namespace hanok::testing
