// The inverted index equals a map of terms, and broken bytes are errors.
#include "search/field_index.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "search/terms.h"

namespace hanok {
namespace {

using Postings = std::map<std::string, std::map<uint32_t, uint32_t>>;

std::vector<std::string> some_texts() {
  std::mt19937 random(7);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int k = 0; k < 40; ++k) {
      append_utf8(text, U'가' + random() % 60);
      if (random() % 7 == 0) text += ' ';
      if (random() % 11 == 0) text += "word" + std::to_string(random() % 50) + " ";
    }
    texts.push_back(i % 50 == 0 ? "" : text);
  }
  return texts;
}

TEST(FieldIndex, EqualsAMapOfTerms) {
  FieldIndexWriter writer;
  Postings expected;
  const std::vector<std::string> texts = some_texts();
  for (uint32_t i = 0; i < texts.size(); ++i) {
    uint32_t n = 0;
    for_each_term(texts[i], [&](std::string_view term) { ++expected[std::string(term)][i], ++n; });
    EXPECT_EQ(writer.add(texts[i]), n);
  }
  const FieldBytes bytes = writer.finish();
  const auto n_chunks = static_cast<uint32_t>(texts.size());
  const auto index = FieldIndex::open(bytes.terms, bytes.blocks, bytes.postings, n_chunks);
  ASSERT_TRUE(index);
  ASSERT_GT(expected.size(), 1000u) << "many blocks";
  for (const auto& [term, chunks] : expected) {
    const auto list = index->find(term);
    ASSERT_TRUE(list && *list) << term;
    EXPECT_EQ((*list)->n_chunks, chunks.size());
    std::map<uint32_t, uint32_t> got;
    EXPECT_TRUE(for_each_posting(**list, n_chunks, [&](uint32_t chunk, uint32_t times) { got[chunk] = times; }));
    EXPECT_EQ(got, chunks) << term;
  }
  for (const char* absent : {"", "00", "가0", "zzzz", "힣힣"}) EXPECT_FALSE(*index->find(absent)) << absent;
}

TEST(FieldIndex, AnEmptyOneFindsNothing) {
  const FieldBytes bytes = FieldIndexWriter().finish();
  const auto index = FieldIndex::open(bytes.terms, bytes.blocks, bytes.postings, 0);
  ASSERT_TRUE(index);
  EXPECT_FALSE(*index->find("가"));
}

TEST(FieldIndex, PostingsOutsideTheChunksAreRefused) {
  std::string bytes;
  put_varint(bytes, 5 << 1);
  EXPECT_TRUE(for_each_posting({1, bytes}, 6, [](uint32_t, uint32_t) {}));
  EXPECT_FALSE(for_each_posting({1, bytes}, 5, [](uint32_t, uint32_t) {}));
  EXPECT_FALSE(for_each_posting({1, bytes + "\x80"}, 6, [](uint32_t, uint32_t) {}));
  std::string huge;
  put_varint(huge, UINT64_MAX);
  EXPECT_FALSE(for_each_posting({1, huge}, UINT32_MAX, [](uint32_t, uint32_t) {}));
}

TEST(FieldIndex, AnyChangedByteIsAnErrorOrAnotherAnswer) {
  FieldIndexWriter writer;
  for (const std::string& text : some_texts()) writer.add(text);
  const FieldBytes good = writer.finish();
  for (size_t i = 0; i < good.terms.size(); i += 3) {
    FieldBytes bytes = good;
    bytes.terms[i] = static_cast<char>(bytes.terms[i] ^ 0x55);
    const auto index = FieldIndex::open(bytes.terms, bytes.blocks, bytes.postings, 300);
    if (!index) continue;
    for (const char* term : {"가", "나다", "word7", "힣"}) {
      const auto list = index->find(term);
      if (list && *list) for_each_posting(**list, 300, [](uint32_t chunk, uint32_t) { ASSERT_LT(chunk, 300u); });
    }
  }
  for (size_t i = 0; i < good.blocks.size(); ++i) {
    FieldBytes bytes = good;
    bytes.blocks[i] = static_cast<char>(bytes.blocks[i] ^ 0xff);
    const auto index = FieldIndex::open(bytes.terms, bytes.blocks, bytes.postings, 300);
    if (index) (void)index->find("가");
  }
}

}  // namespace
}  // namespace hanok
