// Chat templates give Jinja2's bytes: expression cases and whole chats of the models' own templates; hostile ones end.
#include "text/chat_template.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "formats/checkpoint.h"
#include "tiny_model.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const Json& golden(const std::string& name) {
  static std::map<std::string, Json> files;
  Json& json = files[name];
  if (json.is_null()) json = Json::parse(read(HANOK_SOURCE_DIR "/goldens/text/" + name));
  return json;
}

// Where a template's text may lie: committed, in the shared data, or in a folder of the tester's.
std::filesystem::path template_path(const std::string& name) {
  const std::filesystem::path committed = HANOK_SOURCE_DIR "/tests/text/templates";
  if (std::filesystem::exists(committed / (name + ".jinja"))) return committed / (name + ".jinja");
  if (name == "exaone4") {
    const char* shared = std::getenv("HANOK_SHARED");
    return std::filesystem::path(shared ? shared : HANOK_SOURCE_DIR "/../shared") /
           "data/tokenizers/exaone-4.0/chat_template.jinja";
  }
  const char* folder = std::getenv("HANOK_TEST_TEMPLATES");
  return folder ? std::filesystem::path(folder) / (name + ".jinja") : std::filesystem::path();
}

// A template's text, "inside-…" out of the packaged model itself where that is there; empty when it is nowhere.
std::string template_source(const std::string& name) {
  const char* models = std::getenv("HANOK_TEST_MODEL_DIR");
  if (models != nullptr && name.starts_with("inside-")) {
    const auto checkpoint = Checkpoint::open(std::filesystem::path(models) / (name.substr(7) + ".gguf"));
    if (checkpoint) return chat_template_of(*checkpoint).value()->source();
  }
  return read(template_path(name));
}

Result<std::string> render(const std::string& source, const ChatTemplate::Input& input = {}) {
  auto parsed = ChatTemplate::parse(source);
  if (!parsed) return tl::unexpected(parsed.error());
  return parsed->render(input);
}

// The first 12 digits of SHA-256, as tools/goldens/templates.py writes them.
std::string digest(const std::string& text) {
  unsigned char bytes[32];
  unsigned int n = 0;
  EVP_Digest(text.data(), text.size(), bytes, &n, EVP_sha256(), nullptr);
  std::string hex;
  for (int i = 0; i < 6; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4];
    hex += "0123456789abcdef"[bytes[i] & 15];
  }
  return hex;
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
  expect_cases(golden("templates.json"), 90);
}

TEST(ChatTemplate, RandomSnippetsEqualJinja2) {
  expect_cases(golden("snippets.json"), 480);
}

// Every whole template in every chat, with and without tools, thinking and generation prompt.
class WholeChats : public testing::TestWithParam<std::string> {};

TEST_P(WholeChats, EqualJinja2) {
  const Json& json = golden("templates.json");
  const auto& entry = *std::find_if(json["renders"].begin(), json["renders"].end(),
                                    [](const Json& one) { return one["template"] == GetParam(); });
  const std::string source = template_source(GetParam());
  if (source.empty()) {
    GTEST_SKIP() << GetParam() << ".jinja is not committed: set HANOK_TEST_TEMPLATES to a folder that holds it "
                 << "(tools/goldens/collect_templates.py gathers them)";
  }
  ASSERT_EQ(digest(source), entry["source"]) << "another version of the template than the golden's";
  // What would print today prints a fixed day.
  const std::string dated = std::regex_replace(source, std::regex(R"(strftime_now\([^()]*\))"), "'26 Jul 2024'");
  std::istringstream renders(entry["renders"].get<std::string>());
  for (const auto& [chat, messages] : json["chats"].items()) {
    for (const bool tools : {false, true}) {
      for (const auto& extra : json["extras"]) {
        for (const bool prompt : {true, false}) {
          std::string expected;
          ASSERT_TRUE(renders >> expected);
          const auto out = render(dated, {messages, tools ? json["tools"] : Json(), prompt, extra, "<s>", "</s>"});
          EXPECT_EQ(out ? digest(*out) : "-", expected)
              << chat << (tools ? ", tools, " : ", ") << extra << (prompt ? ", prompt: " : ": ")
              << (out ? *out : out.error().to_string());
        }
      }
    }
  }
}

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const auto& entry : golden("templates.json")["renders"]) names.push_back(entry["template"]);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Templates, WholeChats, testing::ValuesIn(template_names()), [](const auto& param_info) {
  std::string name = param_info.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

// The format of EXAONE 3.x, 3.5 and Deep as their cards say it, without Jinja2 in between.
TEST(ChatTemplate, Exaone3WritesItsPublishedFormat) {
  ChatTemplate::Input input;
  input.messages = {{{"role", "user"}, {"content", "안녕"}},
                    {{"role", "assistant"}, {"content", "네"}},
                    {{"role", "user"}, {"content", "뭐 해?"}}};
  const std::string turns =
      "[|system|][|endofturn|]\n[|user|]안녕\n[|assistant|]네[|endofturn|]\n[|user|]뭐 해?\n[|assistant|]";
  EXPECT_EQ(render(read(template_path("exaone3")), input).value_or(""), turns);
  EXPECT_EQ(render(read(template_path("exaone-deep")), input).value_or(""), turns + "<thought>\n");
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
  const auto out = render(read(template_path("qwen3")), input);
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
class TemplateOf : public testing::Test {
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
