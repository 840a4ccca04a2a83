// `hanok run` on a real model: sensible on every instruction set, streamed, and the same ids whatever the thread count.
#include <cstdlib>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "kernels/kernels.h"
#include "real_model.h"
#include "run_hanok.h"

namespace hanok {
namespace {

using testing::HasSubstr;

Output ask(const std::filesystem::path& model, const char* question, const char* n_threads, bool json) {
  std::vector<std::string> arguments{"run",     model.string(), question, "--temperature", "0", "--threads",
                                     n_threads, "--max-tokens", "48"};
  if (json) arguments.emplace_back("--json");
  return run_hanok(std::move(arguments));
}

struct Question {
  const char* text;
  const char* answer;
};

void PrintTo(const Question& question, std::ostream* out) {
  *out << question.text;
}

class Answer : public testing::TestWithParam<Question> {};

TEST_P(Answer, IsSensibleStreamedAndTheSameOnAnyNumberOfThreads) {
  HANOK_REAL_MODEL(model, "qwen2.5-coder-0.5b");
  const Output one = ask(model, GetParam().text, "1", true), two = ask(model, GetParam().text, "2", true);
  ASSERT_EQ(one.exit_code, 0);
  ASSERT_EQ(two.exit_code, 0);
  const auto first = nlohmann::json::parse(one.text()), second = nlohmann::json::parse(two.text());
  EXPECT_EQ(first["ids"], second["ids"]);
  EXPECT_GT(first["ids"].size(), 4u);
  const auto text = first["text"].get<std::string>();
  EXPECT_THAT(text, HasSubstr(GetParam().answer));

  const Output streamed = ask(model, GetParam().text, "2", false);
  ASSERT_EQ(streamed.exit_code, 0);
  EXPECT_THAT(streamed.text(), HasSubstr(text));
  EXPECT_GT(streamed.writes.size(), first["ids"].size() / 4) << "pieces come as they are made";
  for (const std::string& piece : streamed.writes)
    EXPECT_EQ(replace_invalid_utf8(piece), piece) << "a piece ends inside a character";
}

TEST_P(Answer, IsSensibleOnEverySet) {
  HANOK_REAL_MODEL(model, "qwen2.5-coder-0.5b");
  for (const Isa isa : kEveryIsa) {
    const std::string name(isa_name(isa));
    if (kernels_for(isa) == nullptr) {
      std::cout << "not run, this processor lacks it: " << name << "\n";
      continue;
    }
    ::setenv("HANOK_ISA", name.c_str(), 1);
    const Output output = ask(model, GetParam().text, "2", true);
    ::unsetenv("HANOK_ISA");
    ASSERT_EQ(output.exit_code, 0) << name;
    EXPECT_THAT(nlohmann::json::parse(output.text())["text"].get<std::string>(), HasSubstr(GetParam().answer)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Small, Answer,
                         testing::Values(Question{"대한민국의 수도는 어디인가요? 한 문장으로 답하세요.", "서울"},
                                         Question{"What is the capital of France? Answer in one sentence.", "Paris"}),
                         [](const auto& param_info) { return param_info.index == 0 ? "Korean" : "English"; });

}  // namespace
}  // namespace hanok
