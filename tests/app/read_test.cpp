// The command read: what it writes, its notice, and its errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/program.h"
#include "app/terminal_program.h"
#include "documents/part_lock.h"
#include "documents/zip_writer.h"

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

TEST_F(ReadCommand, NamesInLettersAndInSyllablesAreTheSame) {
  const std::string in_letters = "\u1100\u116E\u11A8.md";  // 국 as macOS writes it
  write_file(scratch_ / in_letters, "글");
  EXPECT_EQ(run({"read", (scratch_ / "국.md").string()}).out, "글\n");
  write_file(scratch_ / "옥.md", "글");
  EXPECT_EQ(run({"read", (scratch_ / "\u110B\u1169\u11A8.md").string()}).out, "글\n");
  EXPECT_EQ(run({"read", (scratch_ / "집.md").string()}).exit_code, 6);
}

// An HWPX document with a password.
class ReadLocked : public ReadCommand {
 protected:
  void SetUp() override {
    const std::string section = "<hs:sec><hp:p><hp:run><hp:t>비밀 글</hp:t></hp:run></hp:p></hs:sec>";
    write_file(scratch_ / "잠김.hwpx",
               zipped(locked_parts({{"mimetype", "application/hwp+zip"}, {"Contents/section0.xml", section}},
                                   "Contents/section0.xml", "열쇠")));
  }
  std::string locked() const { return (scratch_ / "잠김.hwpx").string(); }
};

TEST_F(ReadLocked, PasswordComesFromOptionFileOrEnvironment) {
  const Outcome without = run({"read", locked()});
  EXPECT_EQ(without.exit_code, 13);
  EXPECT_THAT(without.err, HasSubstr("--password-file"));
  EXPECT_EQ(run({"read", locked(), "--password", "열쇠"}).out, "비밀 글\n");
  EXPECT_EQ(run({"read", locked(), "--password", ""}).exit_code, 13) << "an empty one is one";
  write_file(scratch_ / "password", "열쇠\nmore\n");
  EXPECT_EQ(run({"read", locked(), "--password-file", (scratch_ / "password").string()}).out, "비밀 글\n");
  EXPECT_EQ(run_program({"read", locked(), "--password-file", "-"}, environment(scratch_.path()), "열쇠\n").out,
            "비밀 글\n");
  EXPECT_EQ(run({"read", locked()}, {{"HANOK_DOCUMENT_PASSWORD", "열쇠"}}).out, "비밀 글\n");
  write_file(scratch_ / "none", "\n");
  EXPECT_EQ(run({"read", locked(), "--password-file", (scratch_ / "none").string()}).exit_code, 3);
}

TEST_F(ReadLocked, ATerminalIsAskedAndShowsNothingOfIt) {
  TerminalProgram program({"read", locked()}, environment(scratch_.path()));
  ASSERT_TRUE(program.wait_for("password of 잠김.hwpx: "));
  EXPECT_EQ(program.local_modes() & ECHO, 0u);
  program.type("wrong\r");
  ASSERT_TRUE(program.wait_for("the password is wrong"));
  ASSERT_TRUE(program.wait_for("password of 잠김.hwpx: "));
  program.type("x\x15열쇄\x7f쇠\r");
  ASSERT_TRUE(program.wait_for("비밀 글"));
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_EQ(program.screen().find("열쇠"), std::string::npos);
}

TEST_F(ReadLocked, CtrlCAtTheQuestionEndsItWithTheTerminalAsItWas) {
  TerminalProgram program({"read", locked()}, environment(scratch_.path()));
  ASSERT_TRUE(program.wait_for("password of 잠김.hwpx: "));
  program.type("\x03");
  EXPECT_NE(program.exit_code(), 0);
}

}  // namespace
}  // namespace hanok::testing
