// Real documents from a folder outside the project, HANOK_DOCUMENT_SAMPLES of cmake.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "documents/reader.h"

namespace hanok::testing {
namespace {

namespace fs = std::filesystem;

class DocumentSamples : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(folder_ / "hwp")) GTEST_SKIP() << "no documents in " << folder_;
  }
  ReadDocument read(const std::string& name) const {
    auto document = read_document(folder_ / name);
    EXPECT_TRUE(document) << document.error().to_string();
    return document ? std::move(*document) : ReadDocument{};
  }
  const fs::path folder_ = HANOK_DOCUMENT_SAMPLES;  // with hwp/ and hwpx/
};

TEST_F(DocumentSamples, AllAreRead) {
  size_t n_read = 0;
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(folder_)) {
    const std::string ending = file.path().extension().string();
    if (ending != ".hwp" && ending != ".hwpx") continue;
    const auto document = read_document(file.path());
    EXPECT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document ? document->format : "", ending == ".hwp" ? "hwp5" : "hwpx") << file.path();
    ++n_read;
  }
  EXPECT_GT(n_read, 0u);
}

TEST_F(DocumentSamples, DistributionDocumentIsOpened) {
  const ReadDocument document = read("hwp/distribution.hwp");
  EXPECT_TRUE(document.text.starts_with("강남세움복지관 공고 제 2024-08호")) << document.text.substr(0, 200);
  EXPECT_EQ(document.n_pages, 2);
}

TEST_F(DocumentSamples, NumberingsAreCounted) {
  const ReadDocument document = read("hwpx/ParaHead.hwpx");
  EXPECT_NE(document.text.find("3.1. 번호3-1\n"), std::string::npos);
  EXPECT_NE(document.text.find("4.1.1.2. 번호-4-1-1-2\n"), std::string::npos);
  EXPECT_NE(document.text.find("나. 개요1-2\n"), std::string::npos);
}

TEST_F(DocumentSamples, MergedCellsAreCells) {
  const ReadDocument document = read("hwp/merging-cell.hwp");
  ASSERT_EQ(document.blocks.size(), 1u);
  EXPECT_EQ(document.blocks[0].table.n_rows, 7u);
  EXPECT_EQ(cell_text(document.blocks[0].table.cells.back()), "6,6");
}

// Where independent readers differ from ours (tools/compare_documents.mjs).
TEST_F(DocumentSamples, WhatWasReadByEye) {
  std::ifstream file(HANOK_SOURCE_DIR "/tests/documents/samples_by_eye.json");
  const nlohmann::json expected = nlohmann::json::parse(file);
  EXPECT_GT(expected.size(), 0u);
  for (const auto& [name, entry] : expected.items())
    EXPECT_EQ(read("hwpx/" + name).text, entry.at("text").get<std::string>()) << entry.at("why");
}

}  // namespace
}  // namespace hanok::testing
