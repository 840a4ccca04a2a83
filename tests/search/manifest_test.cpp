// The manifest: what is written is read, every change of a byte is noticed, a newer version is refused as such.
#include "search/manifest.h"

#include <gtest/gtest.h>

namespace hanok {
namespace {

IndexManifest some_manifest() {
  IndexManifest m;
  m.generation = 9;
  m.next_segment_id = 300;
  m.next_source_id = 3;
  m.embedder = "e5 (384)";
  m.dim = 384;
  m.sources = {{1, "/문서"}, {2, "/tmp/a.hwp"}};
  m.segments = {{1, 1000, 77, {}}, {299, 5, 6, {0, 1, 5, 4'000'000'000}}};
  return m;
}

TEST(IndexManifest, GivesBackWhatWasWritten) {
  const auto read = parse_index_manifest(format_index_manifest(some_manifest()), "m");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->generation, 9u);
  EXPECT_EQ(read->next_segment_id, 300u);
  EXPECT_EQ(read->next_source_id, 3u);
  EXPECT_EQ(read->embedder, "e5 (384)");
  EXPECT_EQ(read->dim, 384u);
  ASSERT_EQ(read->sources.size(), 2u);
  EXPECT_EQ(read->source(2)->path, "/tmp/a.hwp");
  EXPECT_EQ(read->source(3), nullptr);
  ASSERT_EQ(read->segments.size(), 2u);
  EXPECT_EQ(read->segments[1].id, 299u);
  EXPECT_EQ(read->segments[1].removed, (std::vector<uint32_t>{0, 1, 5, 4'000'000'000}));
}

TEST(IndexManifest, EveryChangedByteAndEveryCutIsNoticed) {
  const std::string good = format_index_manifest(some_manifest());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bytes = good;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    EXPECT_FALSE(parse_index_manifest(bytes, "m")) << i;
    EXPECT_FALSE(parse_index_manifest(std::string_view(good).substr(0, i), "m")) << i;
  }
}

TEST(IndexManifest, ANewerVersionIsRefusedAsSuch) {
  std::string bytes = format_index_manifest(some_manifest());
  bytes[8] = 2;
  const auto read = parse_index_manifest(bytes, "m");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace hanok
