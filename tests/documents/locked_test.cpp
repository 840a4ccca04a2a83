// HWPX and ODT documents with passwords, which the tests lock themselves.
#include <gtest/gtest.h>

#include "documents/part_lock.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

const std::string kSection = "<hs:sec><hp:p><hp:run><hp:t>비밀 글</hp:t></hp:run></hp:p></hs:sec>";

std::string locked_hwpx(const LockSettings& settings = {}) {
  return zipped(locked_parts({{"mimetype", "application/hwp+zip"}, {"Contents/section0.xml", kSection}},
                             "Contents/section0.xml", "열쇠", settings));
}

ErrorKind kind_of(const std::string& bytes, const ReadOptions& options = {}) {
  const auto document = read_document(bytes, "a", options);
  EXPECT_FALSE(document);
  return document ? ErrorKind::kIo : document.error().kind;
}

TEST(Locked, HwpxOpensWithItsPasswordAlone) {
  for (const LockSettings& settings :
       {LockSettings{}, LockSettings{.hash = EVP_sha256()}, LockSettings{.n_rounds = 50000}}) {
    const std::string bytes = locked_hwpx(settings);
    const auto document = read_document(bytes, "a", {.password = "열쇠"});
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->text, "비밀 글\n");
    EXPECT_EQ(kind_of(bytes), ErrorKind::kPassword);
    EXPECT_EQ(kind_of(bytes, {.password = "열쇄"}), ErrorKind::kPassword);
    EXPECT_EQ(kind_of(bytes, {.password = ""}), ErrorKind::kPassword);
  }
}

TEST(Locked, OdtOpensToo) {
  const Members members = {
      {"mimetype", "application/vnd.oasis.opendocument.text"},
      {"content.xml", "<d><office:body><office:text><text:p>비밀 글</text:p></office:text></office:body></d>"}};
  const std::string bytes = zipped(locked_parts(members, "content.xml", "열쇠", {.sums_packed = true}));
  const auto document = read_document(bytes, "a", {.password = "열쇠"});
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->text, "비밀 글\n");
  EXPECT_EQ(kind_of(bytes, {.password = "x"}), ErrorKind::kPassword);
}

TEST(Locked, OtherCiphersAndEndlessRoundsAreRefused) {
  EXPECT_EQ(kind_of(locked_hwpx({.cipher = "http://www.w3.org/2009/xmlenc11#aes256-gcm"}), {.password = "열쇠"}),
            ErrorKind::kUnsupported);
  std::string manifest = locked_parts({{"a", "b"}}, "a", "c")["META-INF/manifest.xml"];
  manifest.replace(manifest.find("\"1024\""), 6, "\"999999999\"");
  EXPECT_EQ(
      kind_of(zipped({{"mimetype", "application/hwp+zip"}, {"META-INF/manifest.xml", manifest}}), {.password = "x"}),
      ErrorKind::kUnsupported);
}

TEST(Locked, DrmIsNamed) {
  EXPECT_EQ(kind_of("\x9B DRMONE  This Document is encrypted"), ErrorKind::kProtected);
  EXPECT_EQ(kind_of("SCDSA004\x01\x02"), ErrorKind::kProtected);
}

TEST(Locked, DamageIsNoWrongPassword) {
  Members members = locked_parts({{"mimetype", "application/hwp+zip"}, {"Contents/section0.xml", kSection}},
                                 "Contents/section0.xml", "열쇠");
  members["Contents/section0.xml"].pop_back();
  EXPECT_EQ(kind_of(zipped(members), {.password = "열쇠"}), ErrorKind::kCorruptFile);
}

}  // namespace
}  // namespace hanok::testing
