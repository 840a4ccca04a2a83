// The other commands on a tiny model: what they say as JSON, and tokenize both ways.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <nlohmann/json.hpp>

#include "app/chat_model.h"
#include "app/program.h"

namespace hanok::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;
using Words = std::vector<std::string>;

class CommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_chat_model(model());
    std::string text;
    for (int i = 0; i < 40; ++i) text += "한글 문장 ";
    write_file(scratch_ / "text.txt", text);
  }
  std::string model() const { return (scratch_ / "model").string(); }
  Outcome run(const Words& words, const std::string& input = "", const char* output = "out") const {
    return run_program(words, environment(scratch_.path()), input, output);
  }
  Json json(const Words& words, const std::string& input = "") const {
    const Outcome outcome = run(joined(words, {"--json"}), input);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    return Json::parse(outcome.out, nullptr, false);
  }
  static Words keys(const Json& object) {
    Words names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
  }
  Scratch scratch_;
};

TEST_F(CommandsTest, TokenizeGoesBothWays) {
  const Json encoded = json({"tokenize", model(), "abc가</s>"});
  EXPECT_THAT(keys(encoded), ElementsAre("ids", "pieces"));
  EXPECT_EQ(encoded["ids"], (std::vector<int32_t>{tiny::kAb, 'c', kGa, tiny::kEos}));
  EXPECT_EQ(encoded["pieces"], (Words{"ab", "c", "가", "</s>"}));
  EXPECT_EQ(json({"tokenize", model(), "--plain", "</s>"})["ids"], (std::vector<int32_t>{'<', '/', 's', '>'}));
  const Json decoded = json({"tokenize", model(), "--decode", "256,99 259"});
  EXPECT_EQ(decoded["text"], "abc가");
  EXPECT_EQ(run({"tokenize", model(), "--decode"}, "[256, 99]\n").out, "abc\n");
}

TEST_F(CommandsTest, TokenizeReadsFilesAndPipes) {
  const Json from_file = json({"tokenize", model(), "--file", (scratch_ / "text.txt").string()});
  EXPECT_EQ(from_file, json({"tokenize", model()}, read_file(scratch_ / "text.txt")));
  EXPECT_EQ(from_file, json({"tokenize", model(), read_file(scratch_ / "text.txt")}));
}

TEST_F(CommandsTest, TokenizeReadsANamedPipe) {
  const std::string path = (scratch_ / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { write_file(path, "ab"); });
  EXPECT_EQ(json({"tokenize", model(), "--file", path})["ids"], (std::vector<int32_t>{tiny::kAb}));
  writer.join();
}

TEST_F(CommandsTest, TokenizeTakesAFolderWithNothingButATokenizer) {
  const auto folder = scratch_ / "tokenizer";
  std::filesystem::create_directories(folder);
  std::filesystem::copy(scratch_ / "model" / "tokenizer.json", folder);
  EXPECT_EQ(json({"tokenize", folder.string(), "ab"})["ids"], (std::vector<int32_t>{tiny::kAb}));
  EXPECT_EQ(json({"tokenize", (folder / "tokenizer.json").string(), "ab"})["ids"], (std::vector<int32_t>{tiny::kAb}));
}

TEST_F(CommandsTest, ShowTellsWhatTheModelIs) {
  const Json facts = json({"show", model(), "--context", "1024"});
  for (const char* key : {"name", "path", "licence", "origin", "architecture", "parameters", "weights_bytes",
                          "n_layers", "hidden", "vocab", "max_context", "template"})
    EXPECT_TRUE(facts.contains(key)) << key;
  EXPECT_EQ(facts["architecture"], "llama");
  EXPECT_EQ(facts["template"], kChatTemplate);
  // Two sides, layers, positions, heads, their width, two bytes each.
  EXPECT_EQ(facts["memory"]["kv_bytes"], 2 * tiny::kLayers * 1024 * tiny::kKvHeads * tiny::kHeadDim * 2);
  EXPECT_LT(json({"show", model(), "--context", "1024", "--kv", "q8"})["memory"]["kv_bytes"],
            facts["memory"]["kv_bytes"]);
  EXPECT_EQ(run({"show", model(), "--template"}).out, kChatTemplate);
  EXPECT_THAT(run({"show", "default"}).out, HasSubstr("Apache-2.0"));
}

TEST_F(CommandsTest, ShowTellsWhyAModelCannotBeRun) {
  auto config = tiny::config_json();
  config["model_type"] = "perceiver";
  write_file(scratch_ / "model" / "config.json", config.dump());
  const Json facts = json({"show", model()});
  EXPECT_EQ(facts["supported"], false);
  EXPECT_EQ(facts["architecture"], "perceiver");
  EXPECT_THAT(facts["problem"].get<std::string>(), HasSubstr("unknown architecture"));
  EXPECT_FALSE(facts.contains("memory"));
  EXPECT_THAT(run({"show", model()}).out, HasSubstr("unknown architecture"));
}

TEST_F(CommandsTest, PerplexityHasItsKeys) {
  const Json score = json({"perplexity", model(), (scratch_ / "text.txt").string(), "--context", "64"});
  EXPECT_GT(score["perplexity"], 1);
  EXPECT_GT(score["n_tokens"], 0);
}

TEST_F(CommandsTest, BenchMeasuresEveryPointThatWasAskedFor) {
  const Json bench = json(
      {"bench", model(), "--prompt", "16", "--generate", "4", "--depth", "0,32", "-s", "1,3", "--repetitions", "2"});
  struct Row {
    int n_prompt, n_generate, depth, sequences;
  };
  const Row expected[] = {{16, 0, 0, 1}, {0, 4, 0, 1}, {0, 4, 0, 3}, {16, 0, 32, 1}, {0, 4, 32, 1}, {0, 4, 32, 3}};
  ASSERT_EQ(bench["results"].size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    const Json& row = bench["results"][i];
    SCOPED_TRACE(row.dump());
    EXPECT_EQ(row["n_prompt"], expected[i].n_prompt);
    EXPECT_EQ(row["n_generate"], expected[i].n_generate);
    EXPECT_EQ(row["depth"], expected[i].depth);
    EXPECT_EQ(row["sequences"], expected[i].sequences);
    ASSERT_EQ(row["samples"].size(), 2u);
    EXPECT_EQ(row["tokens_per_second"], (row["samples"][0].get<double>() + row["samples"][1].get<double>()) / 2);
    EXPECT_GT(row["tokens_per_second"], 0);
    EXPECT_GT(row["share_of_limit"], 0);
  }
  for (const char* limit : {"read_bytes_per_second", "int8_macs_per_second", "f32_macs_per_second"})
    EXPECT_GT(bench["limits"][limit], 0) << limit;
}

TEST_F(CommandsTest, QuantizeWritesAModelThatRuns) {
  const std::string out = (scratch_ / "q8.gguf").string();
  const Json report = json({"quantize", model(), out, "--type", "Q8_0"});
  EXPECT_EQ(report["path"], out);
  EXPECT_EQ(report["tensors"].size(), tiny::tensors().size());
  EXPECT_EQ(json({"show", out})["vocab"], json({"show", model()})["vocab"]);
  const Outcome again = run({"quantize", model(), out, "--type", "Q8_0"});
  EXPECT_NE(again.exit_code, 0) << "a file that is there is not replaced unasked";
  EXPECT_EQ(run(joined({"run", out, "?"}, say({kGa}))).out, "가\n");
}

TEST_F(CommandsTest, QuantizeRemovesWhatAKilledOneLeft) {
  const std::string out = (scratch_ / "q8.gguf").string();
  const std::string stale = out + ".hanok-partial-1", alive = out + ".hanok-partial-2",
                    other = out + ".hanok-partial-old";
  for (const std::string& path : {stale, alive, other}) write_file(path, "x");
  const int held = ::open(alive.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);
  EXPECT_EQ(run({"quantize", model(), out, "--type", "Q8_0"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(stale));
  EXPECT_TRUE(std::filesystem::exists(alive)) << "another program is writing it";
  EXPECT_TRUE(std::filesystem::exists(other)) << "not one of ours";
  ::close(held);
}

TEST_F(CommandsTest, ListAndCacheAnswerWithoutModels) {
  EXPECT_EQ(json({"list"})["models"], Json::array());
  EXPECT_GT(json({"list", "--all"})["models"].size(), 10u);
  EXPECT_GT(json({"list", "--families"})["families"].size(), 5u);
  EXPECT_EQ(json({"cache"})["model_bytes"], 0);
  EXPECT_EQ(json({"cache", "clean", "--yes"})["freed_bytes"], 0);
}

TEST_F(CommandsTest, HelpIsInTheUsersLanguage) {
  for (const char* command :
       {"run", "pull", "list", "show", "rm", "cache", "tokenize", "quantize", "perplexity", "bench", "embed", "read"}) {
    const Words help{command, "--help"};
    EXPECT_THAT(run(help).out, HasSubstr("Usage: hanok")) << command;
    const Outcome korean = run_program(help, environment(scratch_.path(), {{"LANG", "ko_KR.UTF-8"}, {"LC_ALL", ""}}));
    EXPECT_THAT(korean.out, HasSubstr("사용법: hanok")) << command;
    EXPECT_EQ(korean.exit_code, 0);
  }
}

TEST_F(CommandsTest, OutputThatCannotBeWrittenIsAnError) {
  for (const Words& words : {Words{"list", "--families"}, Words{"list", "--all", "--json"}, Words{"--help"},
                             Words{"run", "--help"}, Words{"--version"}}) {
    const Outcome outcome = run(words, "", "/dev/full");
    EXPECT_EQ(outcome.exit_code, 7);
    EXPECT_THAT(outcome.err, HasSubstr("could not be written"));
  }
}

}  // namespace
}  // namespace hanok::testing
