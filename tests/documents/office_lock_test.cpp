// DOCX, XLSX and PPTX with passwords, which the tests lock themselves, and published values of files of Word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/base64.h"
#include "documents/cipher.h"
#include "documents/office_agile.h"
#include "documents/office_lock_writer.h"
#include "documents/office_standard.h"
#include "documents/office_writer.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;

const std::string kDocx = zipped({{"word/document.xml", docx_body(docx_paragraph(docx_run("<w:t>비밀 글</w:t>")))}});

ErrorKind kind_of(const std::string& bytes, const ReadOptions& options = {.password = "열쇠"}) {
  const auto document = read_document(bytes, "a.docx", options);
  EXPECT_FALSE(document);
  return document ? ErrorKind::kIo : document.error().kind;
}

void opens_with_its_password_alone(const std::string& bytes) {
  for (const char* name : {"a.docx", "a.hwp", "a"}) {
    const auto document = read_document(bytes, name, {.password = "열쇠"});
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->format, "docx");
    EXPECT_EQ(document->text, "비밀 글\n");
  }
  EXPECT_EQ(kind_of(bytes, {}), ErrorKind::kPassword);
  EXPECT_EQ(kind_of(bytes, {.password = "열쇄"}), ErrorKind::kPassword);
  EXPECT_EQ(kind_of(bytes, {.password = ""}), ErrorKind::kPassword);
}

TEST(OfficeLock, AgileOpensWithItsPasswordAlone) {
  opens_with_its_password_alone(agile_locked(kDocx, u"열쇠").bytes());
  opens_with_its_password_alone(agile_locked(kDocx, u"열쇠", {.n_rounds = 0}).bytes());
  for (const size_t key_bits : {128, 192, 256}) {
    opens_with_its_password_alone(
        agile_locked(kDocx, u"열쇠", {.hash = EVP_sha1(), .hash_name = "SHA1", .key_bits = key_bits}).bytes());
    opens_with_its_password_alone(
        agile_locked(kDocx, u"열쇠", {.hash = EVP_sha384(), .hash_name = "SHA384", .key_bits = key_bits}).bytes());
  }
  opens_with_its_password_alone(agile_locked(kDocx, u"열쇠", {.hash = EVP_sha256(), .hash_name = "SHA256"}).bytes());
}

TEST(OfficeLock, StandardOpensWithItsPasswordAlone) {
  opens_with_its_password_alone(standard_locked(kDocx, u"열쇠").bytes());
  opens_with_its_password_alone(
      standard_locked(kDocx, u"열쇠", {.major = 2, .key_bits = 192, .cipher = 0x660F}).bytes());
  opens_with_its_password_alone(
      standard_locked(kDocx, u"열쇠", {.major = 4, .key_bits = 256, .cipher = 0x6610, .hash = 0}).bytes());
}

TEST(OfficeLock, PackagesOfManySegmentsAndOtherKinds) {
  std::string long_text;
  for (int i = 0; i < 3000; ++i) long_text += fmt::format("{} ", i * i);
  const std::string docx = zipped(
      {{"word/document.xml", docx_body(docx_paragraph(docx_run("<w:t>" + long_text + "</w:t>")))}}, ZIP_CM_STORE);
  ASSERT_GT(docx.size(), 5u * 4096);
  ASSERT_NE(docx.size() % 16, 0u);
  for (const LockedOffice& locked : {agile_locked(docx, u"x"), standard_locked(docx, u"x")}) {
    const auto document = read_document(locked.bytes(), "a", {.password = "x"});
    ASSERT_TRUE(document) << document.error().to_string();
    EXPECT_EQ(document->text.substr(0, long_text.size() - 1), long_text.substr(0, long_text.size() - 1));
  }
  const Members book = workbook("<sheetData><row><c t=\"str\"><v>표</v></c></row></sheetData>");
  const auto xlsx = read_document(agile_locked(zipped(book), u"𝄞 key").bytes(), "a", {.password = "𝄞 key"});
  ASSERT_TRUE(xlsx) << xlsx.error().to_string();
  EXPECT_EQ(xlsx->text, "매출 표\n\n표\n");
}

// Excel itself opens these without a question, whether the reader has a password for other files or none.
TEST(OfficeLock, ExcelsOwnPasswordNeedNotBeGiven) {
  const Members book = workbook("<sheetData><row><c t=\"str\"><v>표</v></c></row></sheetData>");
  for (const LockedOffice& locked :
       {agile_locked(zipped(book), u"VelvetSweatshop"), standard_locked(zipped(book), u"VelvetSweatshop")}) {
    for (const ReadOptions& options : {ReadOptions{}, ReadOptions{.password = "x"}}) {
      const auto document = read_document(locked.bytes(), "a.xlsx", options);
      ASSERT_TRUE(document) << document.error().to_string();
      EXPECT_EQ(document->format, "xlsx");
    }
  }
}

// Of documents that Word made, in the tests of msoffcrypto-tool, whose password is Password1234_; the agile key is what
// that tool makes of them, the standard one is printed there.
TEST(OfficeLock, PublishedValues) {
  const std::string agile =
      std::string(8, '\0') +
      "<encryption><keyData saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" "
      "cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"1dL/f4NMFlPo3XdFcahzJw==\"/>"
      "<dataIntegrity "
      "encryptedHmacKey=\"JRT9lNZFw05Aq6DuZgpJKnUdRMkX5zMhcfUco9ipZ1HI8eu7pG5lCqS2+QunlNel9EgtmfkJaoTyaX8V"
      "Z7VdiA==\" "
      "encryptedHmacValue=\"C9Drp7c2EqcHak5AKFT+2bWms2W1QITKIrAeuhj+a/zGSpDKv61Ie382B5CZrpDMz1ZQIxN/BtkISruRxVs"
      "zAA==\"/><keyEncryptors><keyEncryptor uri=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\">"
      "<p:encryptedKey spinCount=\"100000\" saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" "
      "cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" "
      "saltValue=\"y8ocmZND+62SB1Y0FQA0sA==\" encryptedVerifierHashInput=\"Oe6lTiblFHmMKEvHcU04rA==\" "
      "encryptedVerifierHashValue=\"FDdtbYFzNOaw/0/"
      "YIhp8Z45dinhOj5mfTBiJMMNqSynFszNgW1zUA7BQA63PGMyoy6uN6+NzxlYEoL7PrlwK0A"
      "==\" "
      "encryptedKeyValue=\"TM3GMHGYDMVDT/el5ozEU00Qb4v1X2JfKtCUQNqK8po=\"/></keyEncryptor></keyEncryptors></"
      "encryption>";
  const auto agile_lock = AgileLock::read(agile, "agile");
  ASSERT_TRUE(agile_lock) << agile_lock.error().to_string();
  const auto agile_key = agile_lock->key_of(utf16le_of_utf8("Password1234_"));
  ASSERT_TRUE(agile_key && *agile_key);
  EXPECT_EQ(base64(**agile_key), "viiT8mWU2LD+5wP7I2ja74sAaVtnTxQxeyvkhr2ttqg=");
  EXPECT_EQ(agile_lock->key_of(utf16le_of_utf8("Password1234")).value(), std::nullopt);

  const std::string standard =
      standard_info({}, bytes_of_base64("6IJmSQxb0e69K0OU4/gw7w=="), bytes_of_base64("UW9zLpZvrBexxdfYzDbJKA=="),
                    bytes_of_base64("K2Fo2r4pEa0r03wXRnRcFNPPG7FApI9Obz0jiAhysWo="));
  const auto standard_lock = StandardLock::read(standard, "standard");
  ASSERT_TRUE(standard_lock) << standard_lock.error().to_string();
  const auto standard_key = standard_lock->key_of(utf16le_of_utf8("Password1234_"));
  ASSERT_TRUE(standard_key && *standard_key);
  EXPECT_EQ(base64(**standard_key), "QLE6cfkLlm43VAjy0YGhqg==");
  EXPECT_EQ(standard_lock->key_of(utf16le_of_utf8("x")).value(), std::nullopt);
}

TEST(OfficeLock, ChangedContentIsRefused) {
  const LockedOffice locked = agile_locked(kDocx, u"열쇠");
  for (size_t at = 0; at < locked.package.size(); at += 37) {  // its size too, which the sum covers
    LockedOffice changed = locked;
    changed.package[at] = static_cast<char>(changed.package[at] ^ 1);
    EXPECT_EQ(kind_of(changed.bytes()), ErrorKind::kCorruptFile) << at;
  }
  LockedOffice shorter = locked;
  shorter.package.resize(shorter.package.size() - 16);
  EXPECT_EQ(kind_of(shorter.bytes()), ErrorKind::kCorruptFile);
  LockedOffice no_sum = locked;
  no_sum.info.replace(no_sum.info.find("dataIntegrity"), 13, "dataIntegrit_");
  EXPECT_EQ(kind_of(no_sum.bytes()), ErrorKind::kCorruptFile);
}

TEST(OfficeLock, SizesAreCheckedBeforeUse) {
  for (const uint64_t n_bytes : {uint64_t{0}, uint64_t{1} << 40, ~uint64_t{0}}) {
    LockedOffice locked = standard_locked(kDocx, u"열쇠");
    locked.package.replace(0, 8, le(n_bytes, 8));
    EXPECT_EQ(kind_of(locked.bytes()), ErrorKind::kCorruptFile) << n_bytes;
  }
  for (const std::string& package : {std::string(), std::string(7, 'x'), le(1, 8)}) {
    LockedOffice locked = standard_locked(kDocx, u"열쇠");
    locked.package = package;
    EXPECT_EQ(kind_of(locked.bytes()), ErrorKind::kCorruptFile) << package.size();
  }
}

TEST(OfficeLock, DamagedVerifiersAreNoWrongPasswords) {
  const LockedOffice standard = standard_locked(kDocx, u"열쇠");
  for (size_t n = 8; n < standard.info.size(); ++n) {
    LockedOffice cut = standard;
    cut.info.resize(n);
    EXPECT_EQ(kind_of(cut.bytes()), ErrorKind::kCorruptFile) << n;
  }
  const LockedOffice agile = agile_locked(kDocx, u"열쇠");
  for (const std::string name :
       {"encryptedVerifierHashInput=\"", "encryptedVerifierHashValue=\"", "encryptedKeyValue=\"", "encryptedHmacKey=\"",
        "saltValue=\"", "hashSize=\"", "keyBits=\"", "blockSize=\"", "saltSize=\""}) {
    LockedOffice damaged = agile;
    damaged.info.replace(damaged.info.find(name) + name.size(), 1, "");
    EXPECT_EQ(kind_of(damaged.bytes()), ErrorKind::kCorruptFile) << name;
  }
  LockedOffice no_xml = agile;
  no_xml.info.resize(200);
  EXPECT_EQ(kind_of(no_xml.bytes()), ErrorKind::kCorruptFile);
}

TEST(OfficeLock, OtherWaysOfLockingAreNamed) {
  for (const AgileSettings& settings : {AgileSettings{.cipher = "RC2"}, AgileSettings{.chaining = "ChainingModeCFB"},
                                        AgileSettings{.hash_name = "MD5"}})
    EXPECT_EQ(kind_of(agile_locked(kDocx, u"열쇠", settings).bytes()), ErrorKind::kUnsupported);
  for (const StandardSettings& settings : {StandardSettings{.cipher = 0x6801}, StandardSettings{.flags = 0x34},
                                           StandardSettings{.flags = 0x4}, StandardSettings{.hash = 0x800C}})
    EXPECT_EQ(kind_of(standard_locked(kDocx, u"열쇠", settings).bytes()), ErrorKind::kUnsupported);
  LockedOffice extensible = agile_locked(kDocx, u"열쇠");
  extensible.info[2] = 3;
  const auto document = read_document(extensible.bytes(), "a.docx", {.password = "열쇠"});
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(document.error().got, "4.3");
}

TEST(OfficeLock, RoundsAreBounded) {
  EXPECT_EQ(kind_of(agile_locked(kDocx, u"열쇠", {.said_rounds = "10000001"}).bytes()), ErrorKind::kLimit);
  for (const char* said : {"99999999999999999999", "-1", "many", " "})
    EXPECT_EQ(kind_of(agile_locked(kDocx, u"열쇠", {.said_rounds = said}).bytes()), ErrorKind::kCorruptFile) << said;
}

TEST(OfficeLock, CertificatesAndRightsManagementAreProtection) {
  EXPECT_EQ(kind_of(agile_locked(kDocx, u"열쇠",
                                 {.encryptor = "http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"})
                        .bytes()),
            ErrorKind::kProtected);
  CompoundWriter managed;
  managed.add("EncryptedPackage", std::string(5000, 'x'));
  managed.add("\006DataSpaces/TransformInfo/DRMEncryptedTransform/\006Primary", "x");
  EXPECT_EQ(kind_of(managed.bytes()), ErrorKind::kProtected);
  CompoundWriter old_managed;
  old_managed.add("\tDRMContent", std::string(5000, 'x'));
  EXPECT_EQ(kind_of(old_managed.bytes()), ErrorKind::kProtected);
}

TEST(OfficeLock, OldDocumentsStayRefusedByTheirName) {
  CompoundWriter old;
  old.add("WordDocument", std::string(5000, 'x'));
  const auto document = read_document(old.bytes(), "a.docx", {.password = "열쇠"});
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(document.error().got, HasSubstr("DOC"));
  EXPECT_EQ(detect_format(old.bytes(), "a.docx"), DocumentFormat::kOldOffice);
  EXPECT_EQ(detect_format(agile_locked(kDocx, u"x").bytes(), "a.doc"), DocumentFormat::kLockedOffice);
}

TEST(OfficeLock, WhatIsInsideMayBeNoDocument) {
  EXPECT_EQ(kind_of(agile_locked("just some text", u"열쇠").bytes()), ErrorKind::kCorruptFile);
  EXPECT_EQ(kind_of(agile_locked(zipped({{"a", "b"}}), u"열쇠").bytes()), ErrorKind::kUnsupported);
}

TEST(Cipher, Utf16) {
  EXPECT_EQ(utf16le_of_utf8("a한𝄞"), utf16(u"a한𝄞"));
  EXPECT_EQ(utf16le_of_utf8("a\xFF"), utf16(u"a\uFFFD"));
}

}  // namespace
}  // namespace hanok::testing
