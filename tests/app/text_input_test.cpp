// Text as it comes in: encodings, paragraphs and their numbers, messages of several lines.
#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/attachment.h"
#include "app/lines.h"
#include "app/program.h"
#include "app/text_file.h"

namespace hanok {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string decoded(std::string_view bytes) {
  const auto text = decode_text(bytes, "a.txt");
  return text ? *text : "error: " + text.error().to_string();
}

TEST(DecodeText, ReadsWhatKoreanFilesAreWrittenIn) {
  EXPECT_EQ(decoded("한글 ABC"), "한글 ABC");
  EXPECT_EQ(decoded("\xEF\xBB\xBF한글"), "한글");
  EXPECT_EQ(decoded(std::string_view("\xFF\xFE\x5C\xD5\x00\xAE\x0A\x00", 8)), "한글\n");  // UTF-16, little-endian
  EXPECT_EQ(decoded(std::string_view("\xFE\xFF\xD5\x5C\xAE\x00\xD8\x3D\xDE\x00", 10)), "한글😀");  // big-endian, a pair
  EXPECT_EQ(decoded("\xC7\xD1\xB1\xDB"), "한글");                      // EUC-KR's part of CP949
  EXPECT_EQ(decoded("\x8C\x63\xB9\xE6\xB0\xA2\xC7\xCF"), "똠방각하");  // 똠 is in CP949 alone
  EXPECT_EQ(decoded(""), "");
}

TEST(DecodeText, MakesOneLineEndOfAll) {
  EXPECT_EQ(decoded("가\r\n나\r다\n"), "가\n나\n다\n");
}

TEST(DecodeText, RefusesWhatIsNoText) {
  EXPECT_THAT(decoded(std::string_view("a\0b", 3)), HasSubstr("0x00 at byte 1"));
  EXPECT_THAT(decoded("가\xFF\xFF"), HasSubstr("0xff at byte 3"));
  EXPECT_THAT(decoded(std::string_view("\xFF\xFE\x00\xD8\x41\x00", 6)), HasSubstr("at byte 2")) << "half a pair";
  EXPECT_THAT(decoded(std::string_view("\xFF\xFE\x41", 3)), HasSubstr("at byte 2")) << "half a unit";
  EXPECT_THAT(decoded("%PDF-1.7\n"), HasSubstr("PDF"));
}

TEST(Paragraphs, ArePartedByBlankLinesOrElseByLines) {
  EXPECT_THAT(paragraphs_of("\n\n가\n나\n \n\n다\n"), ElementsAre("가\n나", "다"));
  EXPECT_THAT(paragraphs_of("가\n나\n다"), ElementsAre("가", "나", "다"));
  EXPECT_THAT(paragraphs_of("가"), ElementsAre("가"));
}

TEST(Paragraphs, AreNumberedThroughAllFiles) {
  const std::vector<Attachment> files{{"a.txt", "가\n\n나"}, {"b.txt", "다"}};
  EXPECT_EQ(numbered(std::span(files).first(1)), "[1] 가\n\n[2] 나\n\n");
  EXPECT_EQ(numbered(files), "<a.txt>\n\n[1] 가\n\n[2] 나\n\n<b.txt>\n\n[3] 다\n\n");
}

class Script final : public LineSource {
 public:
  explicit Script(std::deque<Line> lines) : lines_(std::move(lines)) {}
  Line read(const std::string&) override {
    if (lines_.empty()) return {Line::Kind::kEnd, ""};
    const Line line = lines_.front();
    lines_.pop_front();
    return line;
  }
  void remember(const std::string& message) override { remembered.push_back(message); }
  std::vector<std::string> remembered;

 private:
  std::deque<Line> lines_;
};

Line text(const char* line) {
  return {Line::Kind::kText, line};
}

TEST(Messages, GoOnBehindABackslashAndBetweenQuotes) {
  Script lines({text("가\\"), text("나\\"), text("다"), text("\"\"\"라"), text("마\"\"\""), text("\"\"\"바\"\"\""),
                text("\"\"\""), text("사"), text("\"\"\"")});
  for (const char* message : {"가\n나\n다", "라\n마", "바", "사"}) EXPECT_EQ(read_message(lines).text, message);
  EXPECT_EQ(read_message(lines).kind, Line::Kind::kEnd);
  EXPECT_THAT(lines.remembered, ElementsAre("가\n나\n다", "라\n마", "바", "사"));
}

TEST(Messages, AreDroppedByCtrlCAnywhere) {
  Script lines(
      {text("가\\"), {Line::Kind::kInterrupted, ""}, text("\"\"\"나"), {Line::Kind::kInterrupted, ""}, text("다")});
  EXPECT_EQ(read_message(lines).kind, Line::Kind::kInterrupted);
  EXPECT_EQ(read_message(lines).kind, Line::Kind::kInterrupted);
  EXPECT_EQ(read_message(lines).text, "다");
  EXPECT_THAT(lines.remembered, ElementsAre("다"));
}

}  // namespace
}  // namespace hanok
