// The command embed, and what the others say of a model that only embeds.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/program.h"
#include "convert/e5s1_bytes.h"
#include "convert/package_file.h"

namespace hanok::testing {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class EmbedTest : public ::testing::Test {
 protected:
  EmbedTest() {
    write_file(scratch_ / "package.bin", E5s1Bytes().make());
    const Status made = convert_package_file("e5s1", scratch_ / "package.bin", model_);
    EXPECT_TRUE(made) << made.error().to_string();
  }
  Outcome run(const std::vector<std::string>& words, const std::string& input = "") const {
    return run_program(words, environment(scratch_.path()), input);
  }

  Scratch scratch_;
  const std::string model_ = (scratch_ / "tiny.gguf").string();
};

TEST_F(EmbedTest, LinesBecomeVectorsUnderTheChosenPrefix) {
  const Outcome outcome = run({"embed", model_, "--json"}, "한국\n\n  \nab\n");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json result = Json::parse(outcome.out);
  EXPECT_EQ(result["dim"], 32);
  EXPECT_EQ(result["prefix"], "passage: ");
  ASSERT_EQ(result["embeddings"].size(), 2u) << "empty lines are no texts";
  EXPECT_EQ(result["embeddings"][0]["n_tokens"], 5);
  EXPECT_EQ(result["embeddings"][0]["vector"].size(), 32u);
  const Outcome plain = run({"embed", model_, "--plain", "--json", "passage: 한국", "passage: ab"});
  EXPECT_EQ(Json::parse(plain.out)["embeddings"], result["embeddings"]);
  const Outcome query = run({"embed", model_, "--query", "--json", "한국"});
  EXPECT_EQ(Json::parse(query.out)["prefix"], "query: ");
}

TEST_F(EmbedTest, TheTableAndTheVectorsSayTheSame) {
  const Outcome table = run({"embed", model_, "한국", "한국", "ab"});
  EXPECT_THAT(table.out, AllOf(HasSubstr("1.000  1.000"), HasSubstr("한국")));
  const Outcome vectors = run({"embed", model_, "--vectors", "한국", "ab"});
  EXPECT_EQ(std::count(vectors.out.begin(), vectors.out.end(), '\n'), 2);
  EXPECT_EQ(std::count(vectors.out.begin(), vectors.out.end(), ' '), 2 * 31);
}

TEST_F(EmbedTest, AFileIsOneTextAndWhatWasCutIsSaid) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "한국 ";
  write_file(scratch_ / "long.txt", text);
  const Outcome outcome = run({"embed", model_, "--plain", "--vectors", "--file", (scratch_ / "long.txt").string()});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("cut at the model's maximum of 12 tokens"), HasSubstr("20 tokens left out")));
}

TEST_F(EmbedTest, RefusesWhatItCannotShow) {
  EXPECT_THAT(run({"embed", model_}, "\n").err, HasSubstr("no text"));
  std::string lines;
  for (int i = 0; i < 41; ++i) lines += "a\n";
  const Outcome many = run({"embed", model_}, lines);
  EXPECT_EQ(many.exit_code, 10);
  EXPECT_THAT(many.err, HasSubstr("--vectors"));
  EXPECT_EQ(run({"embed", model_, "--query", "--passage", "a"}).exit_code, 2);
}

TEST_F(EmbedTest, OtherCommandsKnowThatItOnlyEmbeds) {
  EXPECT_THAT(run({"run", model_, "hello"}).err, HasSubstr("hanok embed"));
  const Json facts = Json::parse(run({"show", model_, "--json"}).out);
  EXPECT_EQ(facts["supported"], true);
  EXPECT_EQ(facts["embedding"]["pooling"], "mean");
  EXPECT_EQ(facts["embedding"]["passage_prefix"], "passage: ");
  EXPECT_FALSE(facts.contains("memory"));
  EXPECT_THAT(run({"list", "--families"}).out, HasSubstr("xlm-roberta"));
}

}  // namespace
}  // namespace hanok::testing
