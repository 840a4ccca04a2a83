// The tokenizers and chat templates of real models, as packages carry them, against Hugging Face's tokenizers and
// Jinja2.
#include <gtest/gtest.h>

#include "formats/checkpoint.h"
#include "formats/gguf.h"
#include "real_model.h"
#include "text/chat_template.h"
#include "text/golden.h"
#include "text/tokenizer.h"

namespace hanok {
namespace {

using golden::Json;

std::string param_name(const ::testing::TestParamInfo<std::pair<const char*, const char*>>& param) {
  std::string name = param.param.first;
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name;
}

// Where tests/real/pack.sh puts what npm and pip carry; the tester's own folder goes first.
std::filesystem::path tokenizer_folder(const std::string& name) {
  const auto own = golden::folder_of("HANOK_TEST_TOKENIZER_DIR") / name;
  return std::filesystem::exists(own / "tokenizer.json")
             ? own
             : std::filesystem::path(HANOK_TEST_STORE) / "tokenizers" / name;
}

class RealTokenizers : public ::testing::TestWithParam<std::string> {};

TEST_P(RealTokenizers, EqualTheReference) {
  const auto folder = tokenizer_folder(GetParam());
  if (!std::filesystem::exists(folder / "tokenizer.json")) GTEST_SKIP() << why_not("tokenizers");
  const Json goldens = golden::read_json("tokenizers/real.json");
  const Json& expected = golden::find(goldens, "name", GetParam());
  ASSERT_EQ(golden::sha256_of(testing::read_file(folder / "tokenizer.json")), expected["sha256"])
      << "another version of " << folder << " than the golden's";
  const auto tokenizer = Tokenizer::from_folder(folder);
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  golden::expect_ids(*tokenizer, expected);
}

// The packages' ones, and with the tester's folder those that no package carries in this form.
std::vector<std::string> tokenizer_names() {
  std::vector<std::string> names = {"gemma3", "gpt_neox", "llama2", "llama3_1", "qwen2_5", "qwen3"};
  for (const char* name : {"bert", "xlm_roberta"}) {
    if (std::filesystem::exists(golden::folder_of("HANOK_TEST_TOKENIZER_DIR") / name)) names.emplace_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Packages, RealTokenizers, ::testing::ValuesIn(tokenizer_names()),
                         [](const auto& param) { return param.param; });

// The packaged models carry the tokenizers of Qwen 2.5 and Gemma 3 in GGUF's form.
class PackagedTokenizers : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(PackagedTokenizers, EqualTheirFamilysTokenizerJson) {
  const auto [model, name] = GetParam();
  HANOK_REAL_MODEL(path, model);
  const auto gguf = GgufFile::open(path);
  ASSERT_TRUE(gguf) << gguf.error().to_string();
  const auto tokenizer = Tokenizer::from_gguf(*gguf);
  ASSERT_TRUE(tokenizer) << tokenizer.error().to_string();
  const Json goldens = golden::read_json("tokenizers/real.json");
  golden::expect_ids(*tokenizer, golden::find(goldens, "name", name));
}

INSTANTIATE_TEST_SUITE_P(Models, PackagedTokenizers,
                         ::testing::Values(std::pair("qwen2.5-coder-0.5b", "qwen2_5"),
                                           std::pair("gemma-3-270m", "gemma3")),
                         param_name);
INSTANTIATE_TEST_SUITE_P(Large, PackagedTokenizers, ::testing::Values(std::pair("qwen2.5-coder-1.5b", "qwen2_5")),
                         param_name);

// Gemma 3 270M, a base model, has no template.
class PackagedTemplates : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(PackagedTemplates, EqualJinja2) {
  const auto [model, name] = GetParam();
  HANOK_REAL_MODEL(path, model);
  const auto checkpoint = Checkpoint::open(path);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  const auto found = chat_template_of(*checkpoint);
  ASSERT_TRUE(found && *found);
  golden::expect_renders((*found)->source(), name);
}

INSTANTIATE_TEST_SUITE_P(Models, PackagedTemplates,
                         ::testing::Values(std::pair("qwen2.5-coder-0.5b", "inside-qwen0.5b")), param_name);
INSTANTIATE_TEST_SUITE_P(Large, PackagedTemplates,
                         ::testing::Values(std::pair("qwen2.5-coder-1.5b", "inside-qwen1.5b")), param_name);

// The templates inside the tokenizers' packages.
class RealTemplates : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RealTemplates, EqualJinja2) {
  const auto [folder, name] = GetParam();
  const auto path = tokenizer_folder(folder) / "tokenizer_config.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << why_not("tokenizers");
  golden::expect_renders(Json::parse(testing::read_file(path))["chat_template"].get<std::string>(), name);
}

INSTANTIATE_TEST_SUITE_P(Packages, RealTemplates,
                         ::testing::Values(std::pair("llama3", "llama-3"), std::pair("qwen3", "Qwen-Qwen3-0.6B"),
                                           std::pair("gemma3", "google-gemma-3")),
                         param_name);

}  // namespace
}  // namespace hanok
