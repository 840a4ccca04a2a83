// Text as it comes in: paragraphs and their numbers, messages of several lines.
#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/attachment.h"
#include "app/lines.h"
#include "app/program.h"

namespace hanok {
namespace {

using ::testing::ElementsAre;

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
