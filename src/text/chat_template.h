// A model's own chat template, rendered as Hugging Face renders it: conversation in, prompt text out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hanok {

class Checkpoint;

class ChatTemplate {
 public:
  // Errors: syntax that Jinja2 would refuse too, or a feature that is not supported, with its line.
  static Result<ChatTemplate> parse(std::string source);
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;
  ~ChatTemplate();

  const std::string& source() const;

  struct Input {
    nlohmann::ordered_json messages;  // array of {role, content, …}
    nlohmann::ordered_json tools;     // array, or null
    bool add_generation_prompt = true;
    nlohmann::ordered_json extra;  // object of further variables (enable_thinking, …), or null
    std::string bos_token;
    std::string eos_token;
  };
  // Errors: what the template raises, undefined values in use, work or output beyond the limits; with the line.
  Result<std::string> render(const Input& input) const;

  // Whether the template names this variable anywhere.
  bool mentions(std::string_view variable) const;

 private:
  struct Parts;
  explicit ChatTemplate(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The template a checkpoint carries: GGUF key, chat_template.jinja, chat_template.json or
// tokenizer_config.json, in this order; none if it has none.
Result<std::optional<ChatTemplate>> chat_template_of(const Checkpoint& checkpoint);

}  // namespace hanok
