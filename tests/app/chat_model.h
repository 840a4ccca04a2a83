// A tiny model with a chat template that a test can make say what it wants: words that are tokens of their own, chosen
// by --logit-bias.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tiny_model.h"

namespace hanok::testing {

// The words behind the tiny model's own tokens.
inline constexpr int32_t kGa = 259, kNa = 260, kOpen = 261, kClose = 262, kDa = 263;
inline constexpr const char* kChatTemplate =
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}";
inline constexpr const char* kThinkingTemplate =
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}";

struct ChatModelOptions {
  int64_t context = 4096;
  std::string chat_template = kChatTemplate;
  bool special_tags = false;  // <think> and </think> are special tokens
  nlohmann::ordered_json generation_config = nullptr;
};

inline void write_chat_model(const std::filesystem::path& folder, const ChatModelOptions& options = {}) {
  tiny::write_folder(folder);
  auto config = tiny::config_json();
  config["max_position_embeddings"] = options.context;
  tiny::write(folder / "config.json", config.dump());
  auto tokenizer = tiny::tokenizer_json();
  const auto add = [&](int32_t id, const char* content, bool special) {
    tokenizer["added_tokens"].push_back({{"id", id}, {"content", content}, {"special", special}});
  };
  add(kGa, "가", false);
  add(kNa, "나", false);
  add(kOpen, "<think>", options.special_tags);
  add(kClose, "</think>", options.special_tags);
  add(kDa, "다", false);
  tiny::write(folder / "tokenizer.json", tokenizer.dump());
  nlohmann::ordered_json tokenizer_config = nlohmann::ordered_json::object();
  if (!options.chat_template.empty()) tokenizer_config["chat_template"] = options.chat_template;
  tiny::write(folder / "tokenizer_config.json", tokenizer_config.dump());
  if (!options.generation_config.is_null())
    tiny::write(folder / "generation_config.json", options.generation_config.dump());
}

// Options that make the model say these tokens, each at most once, and then end. Each token's bias is a little less
// than the one before; what was said falls behind by the presence penalty. The random model's own logits are far
// smaller.
inline std::vector<std::string> say(const std::vector<int32_t>& ids) {
  std::vector<std::string> options{"--temperature", "0", "--presence-penalty", "100"};
  int bias = 900;
  const auto add = [&](int32_t id) {
    options.push_back("--logit-bias=" + std::to_string(id) + "=" + std::to_string(bias));
    bias -= 15;
  };
  for (const int32_t id : ids) add(id);
  add(tiny::kEos);
  return options;
}

// Options that make the model say 가 without end.
inline std::vector<std::string> say_without_end() {
  return {"--temperature", "0", "--logit-bias", std::to_string(kGa) + "=900"};
}

inline std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace hanok::testing
