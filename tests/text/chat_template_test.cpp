// Chat templates give Jinja2's bytes: expression cases and whole chats of the models' own templates; hostile ones end.
#include "text/chat_template.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const Json& golden() {
  static const Json json = Json::parse(read(HANOK_SOURCE_DIR "/goldens/text/templates.json"));
  return json;
}

std::string template_source(const std::string& name) {
  if (name != "exaone4") return read(std::string(HANOK_SOURCE_DIR "/tests/text/templates/") + name + ".jinja");
  const char* shared = std::getenv("HANOK_SHARED");
  const std::filesystem::path root = shared ? shared : HANOK_SOURCE_DIR "/../shared";
  return read(root / "data/tokenizers/exaone-4.0/chat_template.jinja");
}

Result<std::string> render(const std::string& source, const ChatTemplate::Input& input = {}) {
  auto parsed = ChatTemplate::parse(source);
  if (!parsed) return tl::unexpected(parsed.error());
  return parsed->render(input);
}

std::string sha256(const std::string& text) {
  unsigned char digest[32];
  unsigned int n = 0;
  EVP_Digest(text.data(), text.size(), digest, &n, EVP_sha256(), nullptr);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

TEST(ChatTemplate, CasesEqualJinja2) {
  ASSERT_GT(golden()["cases"].size(), 90U);
  for (const auto& one : golden()["cases"]) {
    ChatTemplate::Input input;
    input.extra = golden()["data"];
    const auto out = render(one["template"].get<std::string>(), input);
    if (one.contains("out")) {
      ASSERT_TRUE(out) << one["template"] << out.error().to_string();
      EXPECT_EQ(*out, one["out"].get<std::string>()) << one["template"];
    } else {
      EXPECT_FALSE(out) << one["template"];
    }
  }
}

TEST(ChatTemplate, WholeChatsEqualJinja2) {
  int n_compared = 0;
  for (const auto& one : golden()["renders"]) {
    const std::string source = template_source(one["template"]);
    if (source.empty()) continue;  // not committed
    ++n_compared;
    ChatTemplate::Input input{golden()["chats"][one["chat"].get<std::string>()],
                              one["tools"].get<bool>() ? golden()["tools"] : Json(),
                              one["prompt"].get<bool>(),
                              one["extra"],
                              "<s>",
                              "</s>"};
    const auto out = render(source, input);
    ASSERT_EQ(out.has_value(), one.contains("sha256")) << one << (out ? "" : out.error().to_string());
    if (out) {
      EXPECT_EQ(sha256(*out), one["sha256"].get<std::string>()) << one;
    }
  }
  EXPECT_GE(n_compared, 144);
}

TEST(ChatTemplate, EndlessTemplatesEndWithAnError) {
  for (const char* source :
       {"{% for i in range(1000000000000) %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s=[]) %}{% for i in range(999) %}{% set ns.s = [ns.s] %}{% endfor %}"}) {
    const auto out = render(source);
    ASSERT_FALSE(out) << source;
    EXPECT_NE(out.error().where.find("line 1"), std::string::npos) << out.error().to_string();
  }
  EXPECT_FALSE(render("{{ " + std::string(100000, '(') + " }}"));
}

TEST(ChatTemplate, TellsTheLineOfWhatFailed) {
  const auto out = render("a\nb\n{{ missing.attribute }}");
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().where, "chat template line 3");
}

}  // namespace
}  // namespace hanok
