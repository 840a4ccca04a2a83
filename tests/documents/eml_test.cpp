// Mails that the tests write themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/mime.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

ReadDocument read(const std::string& mail) {
  auto document = read_document(mail, "a.eml");
  EXPECT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document ? document->format : "", "eml");
  return document ? std::move(*document) : ReadDocument{};
}

TEST(Mime, EncodedWordsOfHeaders) {
  EXPECT_EQ(decode_header("=?euc-kr?B?x9Gx2w==?= 2024"), "한글 2024");
  EXPECT_EQ(decode_header("=?UTF-8?B?7ZWc?= \t=?UTF-8?B?6riA?="), "한글") << "the space between them is no text";
  EXPECT_EQ(decode_header("=?UTF-8?B?7ZU=?= =?UTF-8?B?nOq4gA==?="), "한글") << "a character is split over both";
  EXPECT_EQ(decode_header("=?utf-8*ko?Q?=ED=95=9C_=41?="), "한 A");
  EXPECT_EQ(decode_header("=?utf-8?X?abc?= =?"), "=?utf-8?X?abc?= =?");
  EXPECT_EQ(decode_header("\xC7\xD1\xB1\xDB"), "한글") << "as old mailers write it, without encoding";
}

TEST(Mime, ParametersInAllTheirWays) {
  const MimePart part = read_mime_part(
      "Content-Type: text/plain; charset=\"euc\\-kr\"; name==?euc-kr?B?x9Gx2w==?=\r\n"
      "Content-Disposition: attachment;\r\n filename*0*=UTF-8''%ED%95%9C; filename*1=\"b.hwp\"\r\n\r\nbody");
  EXPECT_EQ(part.type(), "text/plain");
  EXPECT_EQ(part.parameter("content-type", "charset"), "euc-kr");
  EXPECT_EQ(part.parameter("content-type", "name"), "한글");
  EXPECT_EQ(part.parameter("content-disposition", "filename"), "한b.hwp");
  EXPECT_EQ(part.parameter("content-type", "none"), "");
  EXPECT_EQ(part.body, "body");
  EXPECT_EQ(read_mime_part("Content-Disposition: inline; filename*=euc-kr'ko'%C7%D1\n\n")
                .parameter("content-disposition", "filename"),
            "한");
}

TEST(Mime, PartsEndAtTheirBoundary) {
  const auto parts = split_multipart("before\r\n--b\r\n\r\n1\r\n--bc\r\n--b \r\n2\r\n--b--\r\nafter\r\n--b\r\n3", "b");
  EXPECT_THAT(parts, ::testing::ElementsAre("\r\n1\r\n--bc", "2"));
  EXPECT_THAT(split_multipart("--b\n1", "b"), ::testing::ElementsAre("1"));
  EXPECT_THAT(split_multipart("--\n1", ""), ::testing::IsEmpty());
}

TEST(Eml, PlainTextInCp949) {
  const ReadDocument document = read(
      "From: =?euc-kr?B?sei6tLmu?= <a@hanok.kr>\r\nTo: b@hanok.kr\r\nSubject: =?euc-kr?B?x9Gx2w==?=\r\n"
      "Date: Tue, 2 Jan 2024 03:04:05 +0900\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
      "charset=ks_c_5601-1987\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C7=D1=B1=DB =\r\n=3D\r\n\r\n=B5=D1\r\n");
  EXPECT_EQ(
      document.text,
      "한글\n\nFrom: 김병문 <a@hanok.kr>\nTo: b@hanok.kr\nDate: Tue, 2 Jan 2024 03:04:05 +0900\n\n한글 =\n\n둘\n");
  EXPECT_EQ(document.metadata.title, "한글");
  EXPECT_EQ(document.metadata.created, "2024-01-01T18:04:05Z");
  EXPECT_EQ(document.blocks[0].kind, BlockKind::kHeading);
}

TEST(Eml, TextBeforeHtmlAndAttachmentsByName) {
  const std::string mail =
      "Subject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"m\"\n\n"
      "--m\nContent-Type: multipart/alternative; boundary=a\n\n"
      "--a\nContent-Type: text/html; charset=utf-8\n\n<p>에이치\n--a\nContent-Type: text/plain; "
      "charset=utf-8\n\n글\n--a--\n"
      "--m\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+7ZWcPHA+6riA\n"
      "--m\nContent-Type: application/haansofthwp; name=\"=?utf-8?B?6rO166y4Lmh3cA==?=\"\nContent-Disposition: "
      "attachment\n\nAAAA\n"
      "--m\nContent-Type: image/png\nContent-ID: <x>\n\nAAAA\n"
      "--m\nContent-Type: message/rfc822\n\nSubject: inner\n\n안\n--m--\n";
  EXPECT_EQ(read(mail).text, "s\n\n글\n\n한\n\n글\n\nAttachment: 공문.hwp\n\ninner\n\n안\n");
}

TEST(Eml, HtmlWhereTheTextIsEmpty) {
  EXPECT_EQ(read("Subject: s\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\n \n--a\nContent-Type: "
                 "text/html\n\n<p>글\n--a--")
                .text,
            "s\n\n글\n");
}

TEST(Eml, NestingIsBounded) {
  std::string mail;
  for (int i = 0; i < 200; ++i) mail += "Subject: s\nContent-Type: message/rfc822\n\n";
  const auto document = read_document(mail, "a.eml");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit);
}

TEST(Eml, ManyPiecesAndOpenWordsTakeNoTimeToSpeakOf) {
  std::string mail = "Subject: ";
  for (int i = 0; i < 20000; ++i) mail += "=?a?b?";
  mail += "\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 100000; ++i) mail += "--b\n\n";
  EXPECT_FALSE(read(mail).blocks.empty());
}

}  // namespace
}  // namespace hanok::testing
