// The chat on a terminal: editing by whole syllables, Ctrl-C, commands, history, and what happens when the context is
// full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <nlohmann/json.hpp>

#include "app/chat_model.h"
#include "app/terminal_program.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

constexpr const char* kBackspace = "\x7f";
constexpr const char* kLeft = "\x1b[D";
constexpr const char* kUp = "\x1b[A";
constexpr const char* kCtrlC = "\x03";
constexpr const char* kCtrlD = "\x04";

class ChatTest : public ::testing::Test {
 protected:
  void SetUp() override { write_chat_model(model()); }
  std::string model() const { return (scratch_ / "model").string(); }
  Words chat(const Words& more = {}) const { return joined(joined({"run", model()}, say({kNa, kGa})), more); }
  Environment env(const Environment& more = {}) const { return environment(scratch_.path(), more); }
  std::string saved_path() const { return (scratch_ / "chat.json").string(); }
  // Saves the chat, leaves it, and returns what was saved.
  Json save_and_leave(TerminalProgram& program) const {
    EXPECT_TRUE(program.enter("/save " + saved_path()));
    EXPECT_TRUE(program.enter("/bye"));
    EXPECT_EQ(program.exit_code(), 0) << program.screen();
    return Json::parse(read_file(saved_path()), nullptr, false);
  }
  static std::vector<std::string> questions(const Json& saved) {
    std::vector<std::string> all;
    for (const Json& message : saved["messages"])
      if (message["role"] == "user") all.push_back(message["content"]);
    return all;
  }
  // What the model is asked when these keys are typed and Enter is pressed.
  std::vector<std::string> asked(const std::string& keys, const Environment& more = {}) const {
    TerminalProgram program(chat(), env(more));
    EXPECT_TRUE(program.enter(keys));
    return questions(save_and_leave(program));
  }
  Scratch scratch_;
};

TEST_F(ChatTest, BackspaceTakesAWholeSyllableInEveryLocale) {
  const std::string keys = std::string("안녕하세요가") + kBackspace + kBackspace + "용";
  for (const char* locale : {"C", "POSIX", "ko_KR.UTF-8", "ko_KR.EUC-KR", "C.UTF-8"})
    EXPECT_EQ(asked(keys, {{"LC_ALL", locale}}), (Words{"안녕하세용"})) << locale;
}

TEST_F(ChatTest, DecomposedSyllablesAndLettersAreOneCharacterEach) {
  const std::string han = "\u1112\u1161\u11ab", geul = "\u1100\u1173\u11af";  // 한글, each letter a code point
  EXPECT_EQ(asked(han + geul + kBackspace), (Words{han}));
  EXPECT_EQ(asked(han + geul + kLeft + kBackspace + "x"), (Words{"x" + geul}));
  EXPECT_EQ(asked(han + geul + kLeft + kLeft + "\x1b[3~"), (Words{geul}));  // Delete
  EXPECT_EQ(asked(std::string("ㅋㅋㅋ") + kBackspace), (Words{"ㅋㅋ"}));
  EXPECT_EQ(asked(std::string("가👨‍👩‍👧") + kBackspace), (Words{"가"}));
}

TEST_F(ChatTest, KeysMoveAndDeleteByCharacterAndWord) {
  EXPECT_EQ(asked(std::string("가다") + kLeft + "나"), (Words{"가나다"}));
  EXPECT_EQ(asked("하나 둘\x17셋"), (Words{"하나 셋"}));                        // Ctrl-W
  EXPECT_EQ(asked("지울 글\x15남은 글"), (Words{"남은 글"}));                   // Ctrl-U
  EXPECT_EQ(asked(std::string("나다\x01가") + "\x05라"), (Words{"가나다라"}));  // Ctrl-A, Ctrl-E
  EXPECT_EQ(asked(std::string("가나") + kLeft + kCtrlD + "다"), (Words{"가다"}));
}

TEST_F(ChatTest, MessagesOfSeveralLines) {
  const std::string pasted = "\x1b[200~첫 줄\n/둘째 줄\n\x1b[201~";
  EXPECT_EQ(asked(pasted + "!"), (Words{"첫 줄\n/둘째 줄!"}));
  TerminalProgram program(chat(), env());
  for (const char* line : {"하나\\", "둘", "\"\"\"셋", "", "넷", "\"\"\""}) EXPECT_TRUE(program.enter(line));
  EXPECT_EQ(questions(save_and_leave(program)), (Words{"하나\n둘", "셋\n\n넷"}));
}

TEST_F(ChatTest, CtrlCAtThePromptDropsTheLineAndCtrlDLeaves) {
  TerminalProgram program(chat(), env());
  ASSERT_TRUE(program.wait_for_prompt());
  program.type(std::string("버릴 글") + kCtrlC);
  EXPECT_TRUE(program.enter("둔 글"));
  EXPECT_TRUE(program.enter("/save " + saved_path()));
  ASSERT_TRUE(program.wait_for_prompt());
  program.type(kCtrlD);
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_EQ(questions(Json::parse(read_file(saved_path()))), (Words{"둔 글"}));
}

TEST_F(ChatTest, CtrlCStopsTheAnswerAndKeepsTheChat) {
  write_chat_model(model(), {.context = 1 << 20});
  TerminalProgram program(joined({"run", model(), "--context", "1000000"}, say_without_end()), env());
  ASSERT_TRUE(program.enter("끝없이"));
  ASSERT_TRUE(program.wait_for("가가가가가가가가"));
  program.type(std::string(kCtrlC) + kCtrlC);
  ASSERT_TRUE(program.wait_for("(stopped)")) << program.screen().substr(0, 2000);
  EXPECT_TRUE(program.enter("/set max-tokens 3"));
  EXPECT_TRUE(program.enter("또"));
  const Json saved = save_and_leave(program);
  EXPECT_EQ(questions(saved), (Words{"끝없이", "또"}));
  EXPECT_THAT(saved["messages"][1]["content"].get<std::string>(), ::testing::StartsWith("가가가가가가가가"));
  EXPECT_EQ(saved["messages"][3]["content"], "가가가");
}

TEST_F(ChatTest, WhatIsTypedDuringAnAnswerWaitsForTheNextLine) {
  TerminalProgram program(joined({"run", model(), "--max-tokens", "2000"}, say_without_end()), env());
  ASSERT_TRUE(program.enter("길게"));
  ASSERT_TRUE(program.wait_for("가가가"));
  program.type(std::string("미리 친 글도") + kBackspace + "을\r");
  ASSERT_TRUE(program.wait_for_prompt());
  EXPECT_THAT(program.screen(), Not(HasSubstr("가미"))) << "not echoed into the answer";
  EXPECT_EQ(questions(save_and_leave(program)), (Words{"길게", "미리 친 글을"}));
}

TEST_F(ChatTest, SavedChatsAreLoadedAgain) {
  TerminalProgram first(chat({"--system", "짧게 답하세요"}), env());
  EXPECT_TRUE(first.enter("첫 질문"));
  const Json saved = save_and_leave(first);
  EXPECT_EQ(saved["messages"], (Json::array({{{"role", "system"}, {"content", "짧게 답하세요"}},
                                             {{"role", "user"}, {"content", "첫 질문"}},
                                             {{"role", "assistant"}, {"content", "나가"}}})));
  TerminalProgram second(chat(), env());
  EXPECT_TRUE(second.enter("/load " + saved_path()));
  EXPECT_TRUE(second.wait_for("loaded: 1 turns"));
  EXPECT_TRUE(second.enter("둘째 질문"));
  const Json again = save_and_leave(second);
  EXPECT_EQ(again["messages"][0]["content"], "짧게 답하세요");
  EXPECT_EQ(questions(again), (Words{"첫 질문", "둘째 질문"}));
}

TEST_F(ChatTest, AChatThatCannotBeLoadedOrSavedLeavesTheOldOne) {
  write_file(scratch_ / "broken.json", "{\"messages\": [{\"role\": \"user\"}]}");
  TerminalProgram program(chat(), env());
  EXPECT_TRUE(program.enter("질문"));
  EXPECT_TRUE(program.enter("/load " + (scratch_ / "broken.json").string()));
  EXPECT_TRUE(program.wait_for("messages[0].content"));
  EXPECT_TRUE(program.enter("/load " + (scratch_ / "nothing.json").string()));
  EXPECT_TRUE(program.wait_for("nothing.json"));
  EXPECT_TRUE(program.enter("/save " + (scratch_ / "no" / "folder.json").string()));
  EXPECT_TRUE(program.wait_for("folder.json"));
  EXPECT_EQ(questions(save_and_leave(program)), (Words{"질문"}));
}

TEST_F(ChatTest, TheOldestTurnsAreDroppedAndItIsSaid) {
  TerminalProgram program(chat({"--context", "256", "--system", "S"}), env());
  const auto filler = [](char c) { return std::string(60, c); };
  for (const char c : {'a', 'b', 'c'}) EXPECT_TRUE(program.enter(filler(c)));
  EXPECT_TRUE(program.wait_for("its 1 oldest turns were dropped")) << program.screen();
  EXPECT_TRUE(program.enter(std::string(300, 'x')));
  EXPECT_TRUE(program.wait_for("longer than the context"));
  const Json saved = save_and_leave(program);
  EXPECT_EQ(saved["messages"][0]["content"], "S");
  EXPECT_EQ(questions(saved), (Words{filler('b'), filler('c')}));
}

TEST_F(ChatTest, CommandsSaySettingsAndMistakes) {
  write_file(scratch_ / "글.txt", "첫 문단\n\n둘째 문단");
  TerminalProgram program(chat(), env());
  const auto says = [&](const std::string& line, const char* answer) {
    EXPECT_TRUE(program.enter(line));
    EXPECT_TRUE(program.wait_for(answer)) << line;
  };
  says("/help", "/system");
  says("/sav x", "did you mean /save?");
  says("/save", "/save FILE");
  says("/set temperature 0.25", "temperature = 0.25");
  says("/set top_p 0.5", "top-p = 0.5");
  says("/set", "0.25");
  says("/set temperatur 1", "did you mean temperature?");
  says("/set temperature hot", "a number");
  says("/set seed", "/set seed N");
  says("/set temperature", "/set temperature N");
  says("/set stop \"\"", "stop = ");
  says("/set logit-bias 999999=1", "outside the vocabulary");
  says("/set context 100", "--context");
  says("/set think off", "think = off");
  says("/set stop \"\\n\"", "stop = \"\\n\"");
  says("/set stop", "stop = ");
  says("/system 짧게", "the system text is set");
  says("/system", "짧게");
  says("/file " + (scratch_ / "글.txt").string(), "2 paragraphs");
  says("/file " + (scratch_ / "없음.txt").string(), "no such file");
  says("/clear", "forgotten");
  const Json saved = save_and_leave(program);
  EXPECT_EQ(saved["files"], Json::array());
  EXPECT_EQ(saved["messages"].size(), 1u) << "the system text stays";
}

TEST_F(ChatTest, OnlySavedChatsAreSavedOverUnasked) {
  write_file(scratch_ / "notes.txt", "소중한 글");
  const std::string notes = (scratch_ / "notes.txt").string();
  TerminalProgram program(chat(), env());
  EXPECT_TRUE(program.enter("/save " + notes));
  EXPECT_TRUE(program.wait_for("/save! " + notes));
  EXPECT_EQ(read_file(notes), "소중한 글");
  EXPECT_TRUE(program.enter("/save! " + notes));
  EXPECT_TRUE(program.wait_for("saved: "));
  EXPECT_TRUE(program.enter("질문"));
  EXPECT_TRUE(program.enter("/save " + notes));
  EXPECT_TRUE(program.wait_for("saved: "));
  EXPECT_EQ(questions(Json::parse(read_file(notes))), (Words{"질문"}));
  EXPECT_TRUE(program.enter("/save /nonexist/x"));
  EXPECT_TRUE(program.wait_for("where: /nonexist/x\r\n"));
  EXPECT_TRUE(program.enter("/save! /dev/null"));
  EXPECT_TRUE(program.wait_for("not a file"));
}

TEST_F(ChatTest, WhatIsNoFileIsNotRead) {
  TerminalProgram program(chat(), env());
  for (const char* command : {"/load /dev/zero", "/file /dev/zero"}) {
    EXPECT_TRUE(program.enter(command));
    EXPECT_TRUE(program.wait_for("a device"));
  }
  ASSERT_EQ(::mkfifo((scratch_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(program.enter("/load " + (scratch_ / "pipe").string()));  // which nobody writes to
  EXPECT_TRUE(program.wait_for("\x1b[?2004l"));
  program.type(kCtrlC);
  EXPECT_TRUE(program.wait_for("interrupted"));
  EXPECT_TRUE(program.enter("질문"));
  EXPECT_EQ(questions(save_and_leave(program)), (Words{"질문"}));
}

TEST_F(ChatTest, BrokenBytesTakeNothingWithThem) {
  EXPECT_EQ(asked("가\xff\xfe나\xec\x95다\xc0"), (Words{"가나다"}));
  TerminalProgram program(chat(), env());
  EXPECT_TRUE(program.enter("첫\xff\xfe"));
  EXPECT_EQ(questions(save_and_leave(program)), (Words{"첫"})) << "the next line is whole";
}

TEST_F(ChatTest, APathIsNoCommand) {
  EXPECT_EQ(asked("/etc/hosts 가 뭐야?"), (Words{"/etc/hosts 가 뭐야?"}));
}

TEST_F(ChatTest, HistoryIsKeptFromChatToChat) {
  EXPECT_EQ(asked("어제 한 질문"), (Words{"어제 한 질문"}));
  const auto history = scratch_ / ".local" / "state" / "hanok" / "history";
  EXPECT_EQ(std::filesystem::status(history).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  // Up thrice: past /bye and /save to the question.
  EXPECT_EQ(asked(std::string(kUp) + kUp + kUp + " 다시"), (Words{"어제 한 질문 다시"}));
  const std::string elsewhere = (scratch_ / "state").string();
  EXPECT_EQ(asked("여기", {{"XDG_STATE_HOME", elsewhere}}), (Words{"여기"}));
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "state" / "hanok" / "history"));
}

TEST_F(ChatTest, ThinkingIsShownFaintlyAndKeptApart) {
  write_chat_model(model(), {.chat_template = kThinkingTemplate});
  TerminalProgram program(joined({"run", model()}, say({kOpen, kGa, kClose, kNa})), env());
  EXPECT_TRUE(program.enter("질문"));
  EXPECT_TRUE(program.wait_for("\x1b[2m가\x1b[0m"));
  EXPECT_TRUE(program.wait_for("나"));
  const Json saved = save_and_leave(program);
  EXPECT_EQ(saved["messages"][1]["content"], "나");
  EXPECT_EQ(saved["messages"][1]["reasoning_content"], "가");
}

TEST_F(ChatTest, SigtermEndsItAndTheTerminalIsAsItWas) {
  write_chat_model(model(), {.context = 1 << 20});
  const Words endless = joined({"run", model(), "--context", "1000000"}, say_without_end());
  TerminalProgram waiting(endless, env({{"NO_COLOR", "1"}}));
  ASSERT_TRUE(waiting.wait_for("> "));
  ::kill(waiting.child(), SIGTERM);
  EXPECT_EQ(waiting.exit_code(), 143);
  EXPECT_EQ(waiting.local_modes(), tcflag_t(ECHO | ICANON | ISIG));
  EXPECT_THAT(waiting.screen(), Not(HasSubstr("\x1b[?2004h"))) << "nothing of our own without colours";
  TerminalProgram answering(endless, env());
  ASSERT_TRUE(answering.enter("끝없이"));
  ASSERT_TRUE(answering.wait_for("가가가"));
  ::kill(answering.child(), SIGTERM);
  EXPECT_EQ(answering.exit_code(), 143);
}

}  // namespace
}  // namespace hanok::testing
