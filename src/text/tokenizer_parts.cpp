#include "text/tokenizer_parts.h"

#include <algorithm>

namespace hanok {
namespace {

bool ends_generation(std::string_view piece) {
  static constexpr std::string_view kEnds[] = {"<|im_end|>",      "<|endoftext|>", "<|eot_id|>",
                                               "<|end_of_text|>", "<|eom_id|>",    "<end_of_turn>",
                                               "<|endofturn|>",   "<|stop|>",      "[|endofturn|]"};
  return std::find(std::begin(kEnds), std::end(kEnds), piece) != std::end(kEnds);
}

}  // namespace

std::optional<int32_t> TokenizerParts::find(std::string_view piece) const {
  for (const AddedToken& token : added.tokens()) {
    if (token.content == piece) return token.id;
  }
  return vocabulary->get(piece);
}

void TokenizerParts::finish() {
  n_ids = vocabulary->size();
  for (const AddedToken& token : added.tokens()) {
    n_ids = std::max(n_ids, token.id + 1);
    if (token.special && ends_generation(token.content)) end_ids.push_back(token.id);
  }
  if (!bos && !prefix.empty()) bos = prefix.front();
  if (eos) end_ids.push_back(*eos);
  std::sort(end_ids.begin(), end_ids.end());
  end_ids.erase(std::unique(end_ids.begin(), end_ids.end()), end_ids.end());
}

}  // namespace hanok
