// A model's own chat template: from the checkpoint, parsed once, rendered for each conversation.
#include "text/chat_template.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/utf8.h"
#include "formats/checkpoint.h"
#include "formats/gguf.h"
#include "text/jinja_eval.h"
#include "text/jinja_lexer.h"

namespace hanok {
namespace {

constexpr size_t kMaxSource = size_t{4} << 20;

tl::unexpected<Error> failed(const jinja::TemplateError& error) {
  const std::string where = error.line > 0 ? fmt::format("chat template line {}", error.line) : "chat template";
  const char* hint = error.kind == ErrorKind::kRefused ? "the model's template does not accept this conversation" : "";
  return fail(error.kind, error.what(), where, {}, {}, hint);
}

Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorKind::kIo, "cannot be read", path.string());
  return text.str();
}

// The "chat_template" of a tokenizer_config.json or a chat_template.json: a text, or a list of {name, template} with
// one named "default".
Result<std::optional<std::string>> configured(const std::filesystem::path& path) {
  HANOK_TRY(const std::string text, read_text(path));
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorKind::kCorruptFile, "not valid JSON", path.string());
  const auto found = json.is_object() ? json.find("chat_template") : json.end();
  if (found == json.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_array()) {
    for (const auto& entry : *found) {
      if (entry.is_object() && entry.value("name", nlohmann::ordered_json()) == "default" &&
          entry.contains("template") && entry["template"].is_string()) {
        return entry["template"].get<std::string>();
      }
    }
  }
  return fail(ErrorKind::kCorruptFile, "chat_template cannot be used", path.string(),
              "a text, or a list with one named default", found->type_name());
}

Result<std::optional<std::string>> source_of(const Checkpoint& checkpoint) {
  if (checkpoint.is_gguf()) {
    if (!checkpoint.gguf().find("tokenizer.chat_template")) return std::nullopt;
    HANOK_TRY(std::string text, checkpoint.gguf().get_string("tokenizer.chat_template"));
    return text;
  }
  std::error_code ignored;
  if (const auto path = checkpoint.path() / "chat_template.jinja"; std::filesystem::exists(path, ignored)) {
    HANOK_TRY(std::string text, read_text(path));
    return text;
  }
  for (const char* name : {"chat_template.json", "tokenizer_config.json"}) {
    const auto path = checkpoint.path() / name;
    if (!std::filesystem::exists(path, ignored)) continue;
    HANOK_TRY(std::optional<std::string> source, configured(path));
    if (source) return source;
  }
  return std::nullopt;
}

}  // namespace

struct ChatTemplate::Parts {
  std::string source;
  jinja::Body body;
};

ChatTemplate::ChatTemplate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;
ChatTemplate& ChatTemplate::operator=(ChatTemplate&&) noexcept = default;
ChatTemplate::~ChatTemplate() = default;

const std::string& ChatTemplate::source() const {
  return parts_->source;
}

Result<ChatTemplate> ChatTemplate::parse(std::string source) {
  if (source.size() > kMaxSource) {
    return fail(ErrorKind::kLimit, "template is too long", "chat template", fmt::format("at most {} bytes", kMaxSource),
                fmt::format("{}", source.size()));
  }
  if (replace_invalid_utf8(source) != source) {
    return fail(ErrorKind::kCorruptFile, "template is not valid UTF-8", "chat template");
  }
  try {
    auto parts = std::make_unique<Parts>();
    parts->body = jinja::parse_template(source);
    parts->source = std::move(source);
    return ChatTemplate(std::move(parts));
  } catch (const jinja::TemplateError& error) {
    return failed(error);
  }
}

Result<std::string> ChatTemplate::render(const Input& input) const {
  try {
    jinja::Evaluator evaluator;
    jinja::Budget& budget = evaluator.budget();
    evaluator.set_global("messages", jinja::from_json(input.messages, budget));
    evaluator.set_global("tools", jinja::from_json(input.tools, budget));
    evaluator.set_global("documents", jinja::None{});
    evaluator.set_global("add_generation_prompt", input.add_generation_prompt);
    evaluator.set_global("bos_token", input.bos_token);
    evaluator.set_global("eos_token", input.eos_token);
    if (input.extra.is_object()) {
      for (const auto& [name, value] : input.extra.items()) evaluator.set_global(name, jinja::from_json(value, budget));
    }
    return evaluator.run(parts_->body);
  } catch (const jinja::TemplateError& error) {
    return failed(error);
  }
}

bool ChatTemplate::mentions(std::string_view variable) const {
  const auto tokens = jinja::tokenize(parts_->source);
  return std::any_of(tokens.begin(), tokens.end(), [&](const jinja::Token& token) {
    return token.kind == jinja::TokenKind::kName && token.text == variable;
  });
}

Result<std::optional<ChatTemplate>> chat_template_of(const Checkpoint& checkpoint) {
  HANOK_TRY(std::optional<std::string> source, source_of(checkpoint));
  if (!source) return std::nullopt;
  auto parsed = ChatTemplate::parse(std::move(*source));
  if (!parsed) return tl::unexpected(parsed.error().in(checkpoint.path().string()));
  return std::optional<ChatTemplate>(std::move(*parsed));
}

}  // namespace hanok
