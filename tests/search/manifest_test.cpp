// The manifest: what is written is read, every change of a byte is noticed, a newer version is refused as such.
#include "search/manifest.h"

#include <gtest/gtest.h>

#include "search/bytes_io.h"
#include "search/segment_format.h"

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
  m.exclusions = {"/문서/옛날"};
  m.notes = {{"/문서/a.pdf", {9, -7, 5, 3, "모름", "got", "hint"}}, {"/문서/b.pdf", {1, 2, 3, 0, "", "", ""}}};
  m.segments = {{1, 1000, 77, {}}, {299, 5, 6, {0, 1, 5, 4'000'000'000}, true}};
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
  EXPECT_EQ(read->exclusions, std::vector<std::string>{"/문서/옛날"});
  ASSERT_EQ(read->notes.size(), 2u);
  const FileNote& note = read->notes.at("/문서/a.pdf");
  EXPECT_EQ(note.n_bytes, 9u);
  EXPECT_EQ(note.mtime_ns, -7);
  EXPECT_EQ(note.reader, 5u);
  EXPECT_EQ(note.refusal, 3);
  EXPECT_EQ(note.what + note.got + note.hint, "모름gothint");
  ASSERT_EQ(read->segments.size(), 2u);
  EXPECT_EQ(read->segments[1].id, 299u);
  EXPECT_EQ(read->segments[1].removed, (std::vector<uint32_t>{0, 1, 5, 4'000'000'000}));
  EXPECT_FALSE(read->segments[0].must_rewrite);
  EXPECT_TRUE(read->segments[1].must_rewrite);
}

TEST(IndexManifest, TheFirstVersionIsRead) {
  std::string bytes("HANOKIDX");
  put_le(bytes, uint32_t{1});    // version
  put_le(bytes, uint64_t{9});    // generation
  put_le(bytes, uint64_t{300});  // next segment
  put_le(bytes, uint32_t{3});    // next source
  put_text(bytes, "e5");
  put_le(bytes, uint32_t{384});
  put_varint(bytes, 1);
  put_le(bytes, uint32_t{2});
  put_text(bytes, "/문서");
  put_varint(bytes, 1);
  put_le(bytes, uint64_t{299});
  put_le(bytes, uint64_t{5});
  put_le(bytes, uint64_t{6});
  put_varint(bytes, 2);
  put_varint(bytes, 7);
  put_varint(bytes, 0);
  put_le(bytes, checksum_of(bytes));
  const auto read = parse_index_manifest(bytes, "m");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->dim, 384u);
  EXPECT_EQ(read->source(2)->path, "/문서");
  ASSERT_EQ(read->segments.size(), 1u);
  EXPECT_EQ(read->segments[0].removed, (std::vector<uint32_t>{7, 8}));
  EXPECT_FALSE(read->segments[0].must_rewrite);
}

TEST(IndexManifest, TheDeepestOfSourcesAndExclusionsDecides) {
  IndexManifest m;
  m.sources = {{1, "/a"}, {2, "/a/b/c"}};
  m.exclusions = {"/a/b"};
  EXPECT_EQ(m.source_of("/a/b/c/d")->id, 2u);
  EXPECT_EQ(m.source_of("/a/b/cd")->id, 1u);
  EXPECT_EQ(m.source_of("/b"), nullptr);
  EXPECT_TRUE(m.is_excluded("/a/b"));
  EXPECT_TRUE(m.is_excluded("/a/b/x"));
  EXPECT_FALSE(m.is_excluded("/a/bc"));
  EXPECT_FALSE(m.is_excluded("/a/b/c"));
  EXPECT_FALSE(m.is_excluded("/a/b/c/d"));
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
  bytes[8] = kManifestVersion + 1;
  const auto read = parse_index_manifest(bytes, "m");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace hanok
