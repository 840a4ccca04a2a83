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
  EXPECT_EQ(kind_of(locked_hwpx({.cipher = "Blowfish CFB"}), {.password = "열쇠"}), ErrorKind::kUnsupported);
  std::string manifest = locked_parts({{"a", "b"}}, "a", "c")["META-INF/manifest.xml"];
  manifest.replace(manifest.find("\"1024\""), 6, "\"999999999\"");
  EXPECT_EQ(
      kind_of(zipped({{"mimetype", "application/hwp+zip"}, {"META-INF/manifest.xml", manifest}}), {.password = "x"}),
      ErrorKind::kUnsupported);
}

const Members kOdt = {
    {"mimetype", "application/vnd.oasis.opendocument.text"},
    {"content.xml", "<d><office:body><office:text><text:p>비밀 글</text:p></office:text></office:body></d>"}};

// The whole document as one part, or a part of it.
std::string sealed_odt(const Argon2Settings& settings = {}, bool is_whole = true) {
  if (!is_whole) return zipped(sealed_part(kOdt, "content.xml", "열쇠", settings));
  return zipped(sealed_part({{"mimetype", kOdt.at("mimetype")}, {"encrypted-package", zipped(kOdt)}},
                            "encrypted-package", "열쇠", settings));
}

TEST(Locked, OdtOfNewerLibreOfficeOpensWithItsPasswordAlone) {
  for (const bool is_whole : {true, false}) {
    for (const Argon2Settings& settings :
         {Argon2Settings{}, Argon2Settings{.n_rounds = 3, .memory_kib = 65536, .n_lanes = 4},
          Argon2Settings{.name = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.5#argon2id"}}) {
      const std::string bytes = sealed_odt(settings, is_whole);
      EXPECT_EQ(detect_format(bytes, "a"), DocumentFormat::kOdt);
      const auto document = read_document(bytes, "a", {.password = "열쇠"});
      ASSERT_TRUE(document) << document.error().to_string();
      EXPECT_EQ(document->text, "비밀 글\n");
      EXPECT_EQ(kind_of(bytes), ErrorKind::kPassword);
      EXPECT_EQ(kind_of(bytes, {.password = "열쇄"}), ErrorKind::kPassword);
    }
  }
}

TEST(Locked, Argon2IsBounded) {
  const auto said = [](const char* rounds, const char* memory, const char* lanes) {
    return sealed_odt({.said = fmt::format("a:argon2-iterations=\"{}\" a:argon2-memory=\"{}\" a:argon2-lanes=\"{}\"",
                                           rounds, memory, lanes)});
  };
  for (const std::string& bytes :
       {said("3", "1048576", "4"), said("4000000000", "64", "2"), said("33", "65536", "4"), said("1", "64", "65536"),
        said("0", "64", "2"), said("1", "-64", "2"), said("1", "64", "9"), said("", "", ""),
        said("18446744073709551615", "18446744073709551615", "1")})
    EXPECT_EQ(kind_of(bytes, {.password = "열쇠"}), ErrorKind::kUnsupported);
}

TEST(Locked, SealedPartsThatAreCutAreRefused) {
  Members members = sealed_part(kOdt, "content.xml", "열쇠");
  const std::string whole = members["content.xml"];
  for (size_t n = 0; n < whole.size(); ++n) {
    members["content.xml"] = whole.substr(0, n);
    const ErrorKind kind = kind_of(zipped(members), {.password = "열쇠"});
    EXPECT_EQ(kind, n <= 12 + 16 ? ErrorKind::kCorruptFile : ErrorKind::kPassword) << n;
  }
  members["content.xml"] = "x" + whole.substr(1);  // not the vector that the manifest has
  EXPECT_EQ(kind_of(zipped(members), {.password = "열쇠"}), ErrorKind::kCorruptFile);
}

TEST(Locked, APackageInAPackageIsNoDocument) {
  const Members inner = {{"mimetype", kOdt.at("mimetype")}, {"encrypted-package", "x"}};
  Members outer = {{"mimetype", kOdt.at("mimetype")}, {"encrypted-package", zipped(inner)}};
  EXPECT_EQ(kind_of(zipped(sealed_part(outer, "encrypted-package", "열쇠")), {.password = "열쇠"}),
            ErrorKind::kNotFound);
  EXPECT_EQ(kind_of(zipped(outer), {.password = "열쇠"}), ErrorKind::kNotFound);
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
