// The command read: what it writes, its notice, and its errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/program.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

class ReadCommand : public ::testing::Test {
 protected:
  void SetUp() override { write_file(scratch_ / "글.md", "# 제목\n\n| 가 | 나 |\n|---|---|\n| 1 | 2 |\n"); }
  Outcome run(const std::vector<std::string>& words, const Environment& more = {}) const {
    return run_program(words, environment(scratch_.path(), more));
  }
  std::string file() const { return (scratch_ / "글.md").string(); }
  Scratch scratch_;
};

TEST_F(ReadCommand, WritesTextMarkdownAndJson) {
  EXPECT_EQ(run({"read", file()}).out, "제목\n\n가\t나\n1\t2\n");
  EXPECT_EQ(run({"read", file(), "--text"}).out, run({"read", file()}).out);
  EXPECT_EQ(run({"read", file(), "--markdown"}).out, "# 제목\n\n| 가 | 나 |\n| --- | --- |\n| 1 | 2 |\n");
  const Json json = Json::parse(run({"read", file(), "--json"}).out);
  EXPECT_EQ(json["blocks"][0]["kind"], "heading");
  EXPECT_EQ(json["blocks"][1]["table"]["n_rows"], 2);
  EXPECT_EQ(run({"read", file(), "--json", "--markdown"}).exit_code, 2);
}

TEST_F(ReadCommand, HelpShowsTheNoticeThatTheSpecificationAsksFor) {
  for (const char* language : {"ko", "en"}) {
    std::string help = run({"read", "--help"}, {{"HANOK_LANG", language}}).out;
    std::erase_if(help, [](char c) { return c == ' ' || c == '\n'; });  // it may be wrapped
    EXPECT_THAT(help, HasSubstr("본제품은한글과컴퓨터의한글문서파일(.hwp)공개문서를참고하여개발하였습니다."));
  }
}

TEST_F(ReadCommand, ErrorsHaveTheirKinds) {
  write_file(scratch_ / "broken.hwp", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
  const Outcome broken = run({"read", (scratch_ / "broken.hwp").string(), "--json"});
  EXPECT_EQ(Json::parse(broken.out)["error"]["kind"], "corrupt_file");
  EXPECT_EQ(broken.exit_code, 4);
  EXPECT_EQ(run({"read", (scratch_ / "none.hwp").string()}).exit_code, 6);
}

}  // namespace
}  // namespace hanok::testing
