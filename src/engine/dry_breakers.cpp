#include "engine/dry_breakers.h"

#include <algorithm>

namespace hanok {

DryBreakers dry_breakers(const Tokenizer& tokenizer, const SamplingOptions& options) {
  DryBreakers breakers;
  std::vector<std::string> texts = options.dry_breakers;
  std::erase_if(texts, [](const std::string& text) { return text.empty(); });
  if (options.dry_multiplier <= 0 || texts.empty()) return breakers;
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string bytes = tokenizer.is_special(id) ? tokenizer.piece(id) : tokenizer.token_bytes(id);
    const bool holds_one = std::any_of(texts.begin(), texts.end(),
                                       [&](const std::string& text) { return bytes.find(text) != std::string::npos; });
    if (holds_one) breakers.tokens.insert(id);
  }
  for (const std::string& text : texts) {
    auto ids = tokenizer.encode(text, {.add_special = false});
    if (ids && ids->size() > 1) breakers.sequences.push_back(std::move(*ids));
  }
  return breakers;
}

}  // namespace hanok
