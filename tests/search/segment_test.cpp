// A segment gives back what was put in, stores a text once, merges without what was removed, and survives any damage.
#include "search/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/segment_format.h"
#include "search/support.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;

SegmentBuilder two_documents() {
  SegmentBuilder builder;
  DocumentEntry first = document("하나.txt", "첫 문서");
  first.n_bytes = 12;
  first.mtime_ns = -5;
  first.indexed_ns = int64_t{1} << 62;
  first.date_s = 1'700'000'000;
  first.hash[31] = 7;
  NewChunk over_pages = passage("연차휴가는 15일이다", "휴가", 3);
  over_pages.last_page = 5;
  builder.add(first, {over_pages, passage("같은 글")});
  builder.add(document("둘.txt", "둘째"), {passage("같은 글", "부록", 9), passage("출장 여비를 준다")});
  return builder;
}

TEST(SegmentFile, GivesBackWhatWasPutIn) {
  const std::string bytes = segment_bytes(two_documents());
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment) << segment.error().to_string();
  EXPECT_EQ(segment->n_documents(), 2u);
  const DocumentEntry d = segment->document(0);
  EXPECT_EQ(d.path, "하나.txt");
  EXPECT_EQ(d.title, "첫 문서");
  EXPECT_EQ(d.format, "text");
  EXPECT_EQ(d.n_bytes, 12u);
  EXPECT_EQ(d.mtime_ns, -5);
  EXPECT_EQ(d.indexed_ns, int64_t{1} << 62);
  EXPECT_EQ(d.date_s, 1'700'000'000);
  EXPECT_EQ(d.hash[31], 7);
  EXPECT_EQ(*segment->text(0), "연차휴가는 15일이다");
  const ChunkPlace place = segment->place(segment->chunk(0).first_place);
  EXPECT_EQ(place.heading, "휴가");
  EXPECT_EQ(place.page.number, 3);
  EXPECT_EQ(place.page.certainty, PageCertainty::kExact);
  EXPECT_EQ(place.last_page, 5);
  EXPECT_EQ(segment->place(segment->chunk(1).first_place).last_page, 0) << "it has no page";
  EXPECT_EQ(segment->text_length(0), 9u + 1u + 5u) << "연차휴가는, 15, 일이다";
  EXPECT_TRUE(segment->verify());
}

TEST(SegmentFile, StoresATextOnceWithAllItsPlaces) {
  const std::string bytes = segment_bytes(two_documents());
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->n_chunks(), 3u);
  EXPECT_EQ(segment->n_places(), 4u);
  const ChunkEntry same = segment->chunk(1);
  ASSERT_EQ(same.n_places, 2u);
  EXPECT_EQ(segment->place(same.first_place).document, 0u);
  EXPECT_EQ(segment->place(same.first_place + 1).document, 1u);
  EXPECT_EQ(segment->place(same.first_place + 1).page.number, 9);
}

TEST(SegmentFile, TitlesHeadingsAndNamesAreAFieldOfTheirOwn) {
  const std::string bytes = segment_bytes(two_documents());
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment);
  EXPECT_TRUE(*segment->title_field().find("부록"));
  EXPECT_TRUE(*segment->title_field().find("둘째"));
  EXPECT_TRUE(*segment->title_field().find("하나"));
  EXPECT_FALSE(*segment->text_field().find("부록"));
  EXPECT_FALSE(*segment->title_field().find("출장"));
}

TEST(SegmentFile, MergingLeavesOutWhatWasRemoved) {
  const std::string bytes = segment_bytes(two_documents());
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment);
  SegmentBuilder builder;
  builder.add(document("셋.txt"), {passage("셋째 글")});
  ASSERT_TRUE(builder.add(*segment, std::vector<uint32_t>{0}));
  const std::string merged_bytes = segment_bytes(builder);
  const auto merged = Segment::parse(merged_bytes, "m");
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->n_documents(), 2u);
  EXPECT_EQ(merged->document(1).path, "둘.txt");
  ASSERT_EQ(merged->n_chunks(), 3u);
  EXPECT_EQ(*merged->text(1), "같은 글");
  EXPECT_EQ(merged->chunk(1).n_places, 1u);
  EXPECT_EQ(merged->place(merged->chunk(1).first_place).document, 1u);
  EXPECT_FALSE(*merged->text_field().find("연차")) << "its only document was removed";
}

TEST(SegmentFile, VectorsAreKeptWithinHalfACode) {
  SegmentBuilder builder = two_documents();
  const std::vector<float> vector{0.5f, -0.25f, 0.1f, 0.0f};
  builder.set_vector(0, vector);
  builder.set_vector(2, std::vector<float>{0, 0, 0, 0});
  EXPECT_EQ(builder.without_vectors(4), (std::vector<size_t>{1, 2}));
  const std::string bytes = segment_bytes(builder, 4);
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment);
  ASSERT_EQ(segment->dim(), 4u);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(segment->vector_scale(0) * static_cast<float>(segment->vectors()[i]), vector[i],
                0.5f / 127 / 2 + 1e-7f);
  EXPECT_EQ(segment->vector_scale(1), 0.0f) << "it has none";
  SegmentBuilder again;
  ASSERT_TRUE(again.add(*segment, {}));
  EXPECT_EQ(again.without_vectors(4), (std::vector<size_t>{1, 2})) << "vectors move with their passages";
}

TEST(SegmentFile, LongTextsSpanBlocks) {
  SegmentBuilder builder;
  std::vector<NewChunk> chunks;
  for (int i = 0; i < 400; ++i) chunks.push_back(passage("대목 " + std::to_string(i) + std::string(700, 'a' + i % 26)));
  builder.add(document("a"), chunks);
  const std::string bytes = segment_bytes(builder);
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_TRUE(segment);
  for (uint32_t i = 0; i < 400; ++i) EXPECT_EQ(*segment->text(i), chunks[i].text);
  EXPECT_GT(segment->chunk(399).block, 5u);
}

TEST(SegmentFile, AnEmptyOneIsOne) {
  const std::string bytes = segment_bytes(SegmentBuilder());
  EXPECT_TRUE(Segment::parse(bytes, "s"));
}

TEST(SegmentFile, ANewerVersionIsRefusedAsSuch) {
  std::string bytes = segment_bytes(two_documents());
  bytes[8] = kSegmentVersion + 1;
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_FALSE(segment);
  EXPECT_EQ(segment.error().kind, ErrorKind::kUnsupported);
}

TEST(SegmentFile, AnOlderVersionIsToBeMadeAnew) {
  std::string bytes = segment_bytes(two_documents());
  bytes[8] = kSegmentVersion - 1;
  const auto segment = Segment::parse(bytes, "s");
  ASSERT_FALSE(segment);
  EXPECT_EQ(segment.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(segment.error().hint, HasSubstr("make it anew"));
}

// Reads all that there is, as a search would.
void use(const Segment& segment) {
  for (uint32_t i = 0; i < segment.n_documents(); ++i) (void)segment.document(i);
  for (uint32_t i = 0; i < segment.n_chunks(); ++i) {
    (void)segment.text(i);
    (void)segment.vector_scale(i);
    (void)segment.text_length(i);
    const ChunkEntry c = segment.chunk(i);
    for (uint32_t p = c.first_place; p < c.first_place + c.n_places; ++p) (void)segment.place(p);
  }
  for (const FieldIndex* field : {&segment.text_field(), &segment.title_field()}) {
    const auto list = field->find("연차");
    if (list && *list) for_each_posting(**list, segment.n_chunks(), [](uint32_t, uint32_t) {});
  }
}

TEST(SegmentFile, EveryChangedByteIsNoticed) {
  SegmentBuilder builder = two_documents();
  builder.set_vector(0, std::vector<float>(8, 0.5f));
  const std::string good = segment_bytes(builder, 8);
  size_t n_unnoticed = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x41);
    const auto segment = Segment::parse(bytes, "s");
    if (!segment) {
      EXPECT_EQ(segment.error().kind, i >= 8 && i < 12 ? segment.error().kind : ErrorKind::kCorruptFile);
      continue;
    }
    use(*segment);
    n_unnoticed += segment->verify() ? 1 : 0;
  }
  EXPECT_LT(n_unnoticed, kSegmentSections * kSectionAlignment) << "only the zeros between the sections are not checked";
  for (size_t n = 0; n < good.size(); n += 7) EXPECT_FALSE(Segment::parse(std::string_view(good).substr(0, n), "s"));
}

// Each vector says which text it was made of.
std::string with_vectors(SegmentBuilder builder) {
  const VectorMaker maker = term_vectors();
  for (const size_t i : builder.without_vectors(maker.dim)) {
    const std::string text = builder.text_to_embed(i);
    builder.set_vector(i, *maker.make(std::span(&text, 1), TextRole::kPassage));
  }
  return segment_bytes(builder, maker.dim);
}

TEST(SegmentFile, AVectorGoesWithTheDocumentWhoseTitleIsInIt) {
  const uint32_t dim = term_vectors().dim;
  SegmentBuilder first, second;
  first.add(document("a", "비밀 제목"), {passage("같은 글")});
  first.add(document("b", "둘째 제목"), {passage("같은 글")});
  second.add(document("c", "셋째 제목"), {passage("같은 글")});
  const std::string bytes = with_vectors(first), more = with_vectors(second);
  const auto segment = Segment::parse(bytes, "s"), other = Segment::parse(more, "t");
  SegmentBuilder keeps, loses, both;
  ASSERT_TRUE(keeps.add(*segment, std::vector<uint32_t>{1}));
  EXPECT_TRUE(keeps.without_vectors(dim).empty());
  ASSERT_TRUE(loses.add(*segment, std::vector<uint32_t>{0}));
  EXPECT_EQ(loses.without_vectors(dim), std::vector<size_t>{0});
  EXPECT_EQ(loses.text_to_embed(0), "둘째 제목\n같은 글");
  ASSERT_TRUE(both.add(*segment, std::vector<uint32_t>{0}));
  ASSERT_TRUE(both.add(*other, {}));
  EXPECT_TRUE(both.without_vectors(dim).empty());
  EXPECT_EQ(both.text_to_embed(0), "셋째 제목\n같은 글") << "the place of the vector that was taken comes first";
}

TEST(SegmentFile, DamageWithTheRightChecksumsIsNoDanger) {
  const std::string good = segment_bytes(two_documents());
  const size_t table = kSegmentFixedBytes;
  for (size_t section = 0; section < kSegmentSections; ++section) {
    const auto offset = number_at<uint64_t>(good, table + section * 24);
    const auto n_bytes = number_at<uint64_t>(good, table + section * 24 + 8);
    for (size_t i = 0; i < n_bytes; ++i) {
      for (const char value : {'\xff', '\x00', '\x7f'}) {
        std::string bytes = good;
        bytes[offset + i] = value;
        std::string sum;
        put_le(sum, checksum_of(std::string_view(bytes).substr(offset, n_bytes)));
        bytes.replace(table + section * 24 + 16, 8, sum);
        sum.clear();
        put_le(sum, checksum_of(std::string_view(bytes).substr(0, kSegmentHeaderBytes - 8)));
        bytes.replace(kSegmentHeaderBytes - 8, 8, sum);
        if (const auto segment = Segment::parse(bytes, "s")) use(*segment);
      }
    }
  }
}

}  // namespace
}  // namespace hanok::testing
