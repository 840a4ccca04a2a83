// Chat templates give Jinja2's bytes: expression cases and whole chats of the models' own templates; hostile ones end.
#include "text/chat_template.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "formats/checkpoint.h"
#include "text/golden.h"
#include "tiny_model.h"

namespace hanok {
namespace {

using golden::Json;

const std::filesystem::path kCommitted = HANOK_SOURCE_DIR "/tests/text/templates";

std::string committed(const std::string& name) {
  return testing::read_file(kCommitted / (name + ".jinja"));
}

Result<std::string> render(const std::string& source, const ChatTemplate::Input& input = {}) {
  auto parsed = ChatTemplate::parse(source);
  if (!parsed) return tl::unexpected(parsed.error());
  return parsed->render(input);
}

void expect_cases(const Json& json, size_t least) {
  ASSERT_GE(json["cases"].size(), least);
  for (const auto& one : json["cases"]) {
    ChatTemplate::Input input;
    input.extra = json["data"];
    const auto out = render(one["template"].get<std::string>(), input);
    if (one.contains("out")) {
      ASSERT_TRUE(out) << one["template"] << out.error().to_string();
      EXPECT_EQ(*out, one["out"].get<std::string>()) << one["template"];
    } else {
      EXPECT_FALSE(out) << one["template"] << " gave " << *out;
    }
  }
}

TEST(ChatTemplate, CasesEqualJinja2) {
  expect_cases(golden::read_json("templates.json"), 90);
}

TEST(ChatTemplate, RandomSnippetsEqualJinja2) {
  expect_cases(golden::read_json("snippets.json"), 480);
}

// The committed templates and those of the tester's folder that have a golden (tools/goldens/collect_templates.py
// gathers them); those that packages carry: tests/real/text_test.cpp.
class WholeChats : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(WholeChats, EqualJinja2) {
  golden::expect_renders(testing::read_file(GetParam()), GetParam().stem());
}

std::vector<std::filesystem::path> template_files() {
  std::vector<std::filesystem::path> files;
  const auto folder = golden::folder_of("HANOK_TEST_TEMPLATES");
  const Json goldens = golden::read_json("templates.json");
  for (const auto& entry : goldens["renders"]) {
    const std::string name = entry["template"].get<std::string>() + ".jinja";
    if (std::filesystem::exists(kCommitted / name)) {
      files.push_back(kCommitted / name);
    } else if (!folder.empty() && std::filesystem::exists(folder / name)) {
      files.push_back(folder / name);
    }
  }
  return files;
}

INSTANTIATE_TEST_SUITE_P(Templates, WholeChats, ::testing::ValuesIn(template_files()), [](const auto& param_info) {
  std::string name = param_info.param.stem();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(ChatTemplate, Exaone4EqualsJinja2) {
  const auto path = golden::shared_data() / "data/tokenizers/exaone-4.0/chat_template.jinja";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "there is no " << path << ": HANOK_SHARED names the shared data";
  golden::expect_renders(testing::read_file(path), "exaone4");
}

// The format of EXAONE 3.x, 3.5 and Deep as their cards say it, without Jinja2 in between.
TEST(ChatTemplate, Exaone3WritesItsPublishedFormat) {
  ChatTemplate::Input input;
  input.messages = {{{"role", "user"}, {"content", "안녕"}},
                    {{"role", "assistant"}, {"content", "네"}},
                    {{"role", "user"}, {"content", "뭐 해?"}}};
  const std::string turns =
      "[|system|][|endofturn|]\n[|user|]안녕\n[|assistant|]네[|endofturn|]\n[|user|]뭐 해?\n[|assistant|]";
  EXPECT_EQ(render(committed("exaone3"), input).value_or(""), turns);
  EXPECT_EQ(render(committed("exaone-deep"), input).value_or(""), turns + "<thought>\n");
}

TEST(ChatTemplate, EndlessTemplatesEndWithAnError) {
  for (const char* source :
       {"{% for i in range(1000000000000) %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{{ 'a' * 999999999999 }}", "{{ 'a'.center(999999999999) }}", "{{ '%999999999d' % 1 }}",
        "{{ 'a'.zfill(99999999999) }}", "{{ 'aaaaaaaa'.replace('', 'b' * 100000000) }}",
        "{% set ns = namespace(s=[]) %}{% for i in range(999) %}{% set ns.s = [ns.s] %}{% endfor %}"}) {
    const auto out = render(source);
    ASSERT_FALSE(out) << source;
    EXPECT_NE(out.error().where.find("line 1"), std::string::npos) << out.error().to_string();
  }
  EXPECT_FALSE(render("{{ " + std::string(100000, '(') + " }}"));
}

// A long conversation may take as many steps as it needs; the limit is for templates that do not end.
TEST(ChatTemplate, LongConversationsAreNoEndlessTemplates) {
  ChatTemplate::Input input;
  for (int i = 0; i < 4000; ++i) {
    input.messages.push_back({{"role", i % 2 == 0 ? "user" : "assistant"}, {"content", "말 " + std::to_string(i)}});
  }
  const auto out = render(committed("qwen3"), input);
  ASSERT_TRUE(out) << out.error().to_string();
  EXPECT_NE(out->find("말 3999"), std::string::npos);
}

TEST(ChatTemplate, MacrosRefuseArgumentsTheyDoNotTake) {
  const auto error_of = [](const std::string& call) {
    const auto out = render("{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}\n{{ " + call + " }}");
    return out ? *out : out.error().to_string();
  };
  EXPECT_EQ(error_of("m(1)"), "12");
  EXPECT_NE(error_of("m(1, 2, 3)").find("line 2: macro 'm' takes not more than 2 argument(s)"), std::string::npos);
  EXPECT_NE(error_of("m(1, c=3)").find("takes no keyword argument 'c'"), std::string::npos);
  EXPECT_NE(error_of("m(1, a=3)").find("takes no keyword argument 'a'"), std::string::npos);
}

// A folder of its own for each test of where a checkpoint keeps its template.
class TemplateOf : public ::testing::Test {
 protected:
  tiny::Folder folder_{"template"};
  void put(const std::string& name, const std::string& text) { tiny::write(folder_.path() / name, text); }
  Result<std::optional<ChatTemplate>> load(const std::filesystem::path& path) {
    auto checkpoint = Checkpoint::open(path);
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    return chat_template_of(*checkpoint);
  }
  std::string source() {
    const auto found = load(folder_.path());
    return !found ? found.error().to_string() : *found ? (*found)->source() : "none";
  }
};

TEST_F(TemplateOf, TheFileComesBeforeTheConfiguration) {
  EXPECT_EQ(source(), tiny::kTemplate);
  put("chat_template.json", R"({"chat_template": "from the processor's"})");
  EXPECT_EQ(source(), "from the processor's");
  put("chat_template.jinja", "from the file");
  EXPECT_EQ(source(), "from the file");
}

TEST_F(TemplateOf, AListOffersItsDefault) {
  put("tokenizer_config.json",
      R"({"chat_template": [{"name": "rag", "template": "r"}, {"name": "default", "template": "d"}]})");
  EXPECT_EQ(source(), "d");
}

TEST_F(TemplateOf, NoneWhereThereIsNone) {
  put("tokenizer_config.json", "{}");
  EXPECT_EQ(source(), "none");
  put("tokenizer_config.json", R"({"chat_template": null})");
  EXPECT_EQ(source(), "none");
  std::filesystem::remove(folder_.path() / "tokenizer_config.json");
  EXPECT_EQ(source(), "none");
}

TEST_F(TemplateOf, BrokenOnesAreErrorsThatNameTheFile) {
  for (const char* text : {"{", R"({"chat_template": 3})", R"({"chat_template": [{"name": "rag", "template": "r"}]})",
                           R"({"chat_template": [1, {"name": 2}]})", R"({"chat_template": "{% if %}"})"}) {
    put("tokenizer_config.json", text);
    const auto found = load(folder_.path());
    ASSERT_FALSE(found) << text;
    EXPECT_NE(found.error().to_string().find(folder_.path().string()), std::string::npos) << found.error().to_string();
  }
}

TEST_F(TemplateOf, GgufFilesCarryTheirs) {
  put("model.gguf", tiny::gguf_bytes());
  const auto found = load(folder_.path() / "model.gguf");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->source(), tiny::kTemplate);
}

TEST(ChatTemplate, TellsTheLineOfWhatFailed) {
  const auto out = render("a\nb\n{{ missing.attribute }}");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().where, "chat template line 3");
}

}  // namespace
}  // namespace hanok
