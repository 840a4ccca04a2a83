// The command run, one answer at a time: the real program on a tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/chat_model.h"
#include "app/program.h"

namespace hanok::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

class RunTest : public ::testing::Test {
 protected:
  void SetUp() override { write_chat_model(model()); }
  std::string model(const std::string& name = "model") const { return (scratch_ / name).string(); }
  Outcome run(const Words& words, const std::string& input = "", const Environment& more = {}) const {
    return run_program(joined({"run"}, words), environment(scratch_.path(), more), input);
  }
  Json run_json(const Words& words, const std::string& input = "") const {
    const Outcome outcome = run(joined(words, {"--json"}), input);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    return Json::parse(outcome.out, nullptr, false);
  }
  static std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
  }
  Scratch scratch_;
};

TEST_F(RunTest, WritesTheAnswerAloneOnStandardOutput) {
  const Outcome outcome = run(joined({model(), "질문"}, say({kNa, kGa})));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "나가\n");
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(RunTest, JsonHoldsTextIdsUsageAndTimings) {
  const Json json = run_json(joined({model(), "질문"}, say({kNa, kGa})));
  EXPECT_EQ(keys(json), (Words{"text", "ids", "stop_reason", "usage", "timings", "model", "seed"}));
  EXPECT_EQ(json["text"], "나가");
  EXPECT_EQ(json["ids"], (std::vector<int32_t>{kNa, kGa, tiny::kEos}));
  EXPECT_EQ(json["stop_reason"], "end");
  // "user: 질문\nassistant:" in bytes, of which each is a token; the model knows no token for 질 or 문.
  const size_t n_prompt = std::string("user: 질문\nassistant:").size();
  EXPECT_EQ(
      json["usage"],
      (Json{{"prompt_tokens", n_prompt},
            {"completion_tokens", 3},
            {"total_tokens", n_prompt + 3},
            {"completion_tokens_details", {{"accepted_prediction_tokens", 0}, {"rejected_prediction_tokens", 0}}}}));
  for (const char* time : {"load_ms", "prompt_ms", "generate_ms"}) EXPECT_GT(json["timings"][time], 0) << time;
}

TEST_F(RunTest, SaysWhyItStopped) {
  EXPECT_EQ(run_json(joined({model(), "?", "--max-tokens", "2"}, say_without_end()))["stop_reason"], "max_tokens");
  const Json stopped = run_json(joined({model(), "?", "--stop", "가나"}, say({kDa, kGa, kNa})));
  EXPECT_EQ(stopped["stop_reason"], "stop_string");
  EXPECT_EQ(stopped["text"], "다");
  const Json full = run_json(joined({model(), "?", "--context", "64"}, say_without_end()));
  EXPECT_EQ(full["stop_reason"], "context_full");
}

TEST_F(RunTest, TheSameSeedGivesTheSameTextWithOneAndTwoThreads) {
  const auto ids = [&](const char* seed, const char* threads) {
    return run_json({model(), "무엇이든", "--temperature", "1", "--top-k", "0", "--max-tokens", "40", "--seed", seed,
                     "--threads", threads})["ids"];
  };
  EXPECT_EQ(ids("7", "1"), ids("7", "2"));
  EXPECT_NE(ids("7", "1"), ids("8", "1"));
}

TEST_F(RunTest, TheDefaultSeedIsDrawnAnewAndTold) {
  const Words drawn{model(), "무엇이든", "--temperature", "1", "--top-k", "0", "--max-tokens", "40"};
  const Json first = run_json(drawn), second = run_json(drawn);
  EXPECT_NE(first["seed"], second["seed"]);
  EXPECT_NE(first["ids"], second["ids"]);
  EXPECT_EQ(run_json(joined(drawn, {"--seed", std::to_string(first["seed"].get<uint64_t>())}))["ids"], first["ids"]);
}

TEST_F(RunTest, AnEmptyBreakerTakesNothingWithIt) {
  for (const Words& empty : {Words{"--dry-breaker", ""}, Words{"--dry-breaker="}}) {
    const Words more = joined(empty, {"--max-tokens", "2"});
    EXPECT_EQ(run_json(joined(joined({model(), "?"}, say_without_end()), more))["stop_reason"], "max_tokens");
  }
}

TEST_F(RunTest, AWishAboutThinkingThatChangesNothingIsSaid) {
  for (const char* think : {"show", "off"})
    EXPECT_THAT(run(joined({model(), "?", "--think", think}, say({kGa}))).err, HasSubstr("does not think"));
}

TEST_F(RunTest, ReadsThePromptFromAPipe) {
  const Words same = joined({model()}, say({kGa}));
  const Json piped = run_json(same, "안녕\n");
  EXPECT_EQ(piped["usage"], run_json(joined(same, {"안녕"}))["usage"]);
  EXPECT_EQ(piped["usage"], run_json(joined(same, {"-"}), "안녕\n")["usage"]);
  EXPECT_EQ(piped["usage"], run_json(same, "\xbe\xc8\xb3\xe7\n")["usage"]) << "CP949";
}

TEST_F(RunTest, RawContinuesTheTextAsItIs) {
  const Json json = run_json(joined({model(), "--raw", "옛날"}, say({kGa})));
  EXPECT_EQ(json["usage"]["prompt_tokens"], std::string("옛날").size());
  EXPECT_EQ(json["text"], "가");
}

TEST_F(RunTest, AModelWithoutATemplateContinuesTheTextAndSaysSo) {
  write_chat_model(model("base"), {.chat_template = ""});
  const Outcome outcome = run(joined({model("base"), "옛날"}, say({kGa})));
  EXPECT_EQ(outcome.out, "가\n");
  EXPECT_THAT(outcome.err, HasSubstr("no chat template"));
  EXPECT_EQ(run({model("base"), "옛날", "--system", "x"}).exit_code, 5);
}

TEST_F(RunTest, FilesOfAllEncodingsGiveTheSamePrompt) {
  write_file(scratch_ / "utf8.txt", "첫 문단\n\n둘째 문단\n");
  write_file(scratch_ / "mark.txt", "\xEF\xBB\xBF첫 문단\r\n\r\n둘째 문단\r\n");
  write_file(scratch_ / "cp949.txt", "\xc3\xb9 \xb9\xae\xb4\xdc\n\n\xb5\xd1\xc2\xb0 \xb9\xae\xb4\xdc\n");
  const auto usage = [&](const char* name) {
    return run_json(joined({model(), "?", "--file", (scratch_ / name).string()}, say({kGa})))["usage"];
  };
  EXPECT_EQ(usage("utf8.txt"), usage("mark.txt"));
  EXPECT_EQ(usage("utf8.txt"), usage("cp949.txt"));
}

TEST_F(RunTest, AQuestionAboutAFileIsAnsweredWithTheLikeliestTokens) {
  write_file(scratch_ / "a.txt", "글");
  const Words about{model(), "?", "--file", (scratch_ / "a.txt").string(), "--max-tokens", "20"};
  const auto ids = [&](const Words& more) { return run_json(joined(about, more))["ids"]; };
  EXPECT_EQ(ids({}), ids({}));
  EXPECT_EQ(ids({"--presence-penalty", "0"}), ids({"--penalty-last-n", "256"})) << "neither says how tokens are drawn";
  EXPECT_NE(ids({"--seed", "1", "--temperature", "2"}), ids({"--seed", "2", "--temperature", "2"}));
  EXPECT_NE(ids({"--seed", "1"}), ids({"--seed", "2"})) << "a seed asks for drawing";
  EXPECT_NE(ids({"--top-p", "1"}), ids({"--top-p", "1"}));
}

TEST_F(RunTest, TheModelsOwnSamplingIsTheDefault) {
  write_chat_model(model("greedy"), {.generation_config = {{"do_sample", false}}});
  const auto ids = [&](const Words& more) {
    return run_json(joined({model("greedy"), "?", "--max-tokens", "20"}, more))["ids"];
  };
  EXPECT_EQ(ids({"--seed", "1"}), ids({"--seed", "2"}));
  EXPECT_NE(ids({"--seed", "1", "--temperature", "2"}), ids({"--seed", "2", "--temperature", "2"}));
  write_chat_model(model("wrong"), {.generation_config = {{"top_p", "many"}}});
  const Outcome wrong = run({model("wrong"), "?"});
  EXPECT_EQ(wrong.exit_code, 4);
  EXPECT_THAT(wrong.err, HasSubstr("generation_config.json: top_p"));
}

class ThinkingTest : public RunTest, public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override { write_chat_model(model(), {.chat_template = kThinkingTemplate, .special_tags = GetParam()}); }
  const Words thinks_ = joined({model(), "?"}, say({kOpen, kGa, kClose, kNa}));
};

TEST_P(ThinkingTest, IsToldApartFromTheAnswer) {
  const Json json = run_json(thinks_);
  EXPECT_EQ(json["thinking"], "가");
  EXPECT_EQ(json["text"], "나");
  EXPECT_EQ(run(thinks_).out, "나\n") << "hidden where no terminal is";
  EXPECT_EQ(run(joined(thinks_, {"--think", "show"})).out, "가\n\n나\n");
  EXPECT_EQ(run(joined(thinks_, {"--think", "hide"})).out, "나\n");
}

TEST_P(ThinkingTest, OffTellsTheTemplate) {
  const auto n_prompt = [&](const Words& more) -> int64_t {
    return run_json(joined(joined({model(), "?"}, say({kGa})), more))["usage"]["prompt_tokens"];
  };
  // "<think>" and "</think>" are one token each; between and behind them stand four line ends.
  EXPECT_EQ(n_prompt({"--think", "off"}), n_prompt({}) + 6);
}

INSTANTIATE_TEST_SUITE_P(Tags, ThinkingTest, ::testing::Bool(),
                         [](const auto& tags) { return tags.param ? "special" : "plain"; });

TEST_F(RunTest, APromptLongerThanTheContextIsRefused) {
  const Outcome outcome = run({model(), std::string(100, 'x'), "--context", "64"});
  EXPECT_EQ(outcome.exit_code, 10);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("longer than the context"));
  EXPECT_THAT(outcome.err, HasSubstr("at most 63 tokens"));
}

TEST_F(RunTest, LinesOfAPipeAreAChatWithInteractive) {
  const Outcome outcome = run(joined({model(), "--interactive"}, say({kGa})),
                              "하나\n/nothing\n둘\\\n셋\n/save " + (scratch_ / "chat.json").string() + "\n/bye\n넷\n");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("unknown command"));
  const Json saved = Json::parse(read_file(scratch_ / "chat.json"));
  ASSERT_EQ(saved["messages"].size(), 4u);
  EXPECT_EQ(saved["messages"][0]["content"], "하나");
  EXPECT_EQ(saved["messages"][1]["content"], "가");
  EXPECT_EQ(saved["messages"][2]["content"], "둘\n셋");
}

// Twice the text does not fit while it grows.
TEST_F(RunTest, MemoryThatRunsOutCostsACommandAndNotTheChat) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need far more address space";
#else
  write_file(scratch_ / "big.json", "x");
  std::filesystem::resize_file(scratch_ / "big.json", 200'000'000);
  const std::string big = (scratch_ / "big.json").string(), saved = (scratch_ / "chat.json").string();
  const Outcome outcome =
      run_program(joined({"run", model(), "--interactive", "--threads", "1"}, say({kGa})), environment(scratch_.path()),
                  "하나\n/load " + big + "\n둘\n/save " + saved + "\n", "out", "in", rlim_t{350} << 20);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the chat is as it was"));
  EXPECT_EQ(Json::parse(read_file(saved))["messages"].size(), 4u);
#endif
}

TEST_F(RunTest, SpeaksKoreanWhereTheLocaleDoes) {
  for (const Environment& korean : {Environment{{"LC_ALL", "ko_KR.UTF-8"}}, Environment{{"HANOK_LANG", "ko"}}})
    EXPECT_THAT(run({model("nowhere"), "?"}, "", korean).err, HasSubstr("찾을 수 없습니다"));
  EXPECT_THAT(run({"--help"}, "", {{"LC_ALL", "ko_KR.EUC-KR"}}).out, HasSubstr("사용법"));
  EXPECT_THAT(run({"--help"}).out, Not(HasSubstr("사용법")));
}

}  // namespace
}  // namespace hanok::testing
