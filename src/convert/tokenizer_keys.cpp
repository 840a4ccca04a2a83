#include "convert/tokenizer_keys.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/locale.h"
#include "convert/tokenizer_form.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

// Scripts, spaces, digits, code and rare characters: what pre-tokenizers treat differently.
constexpr const char* kProbe =
    "  대한민국의 수도는 서울입니다.\n\n\t2024년 10월 3일, 오후3시30분에 12345678번!\r\n"
    "훈민정음(訓民正音)은 1443년에… ㅋㅋㅋ ㅠㅠ 힣가각갂 ᄒᆞᆫ글 "
    "It's DON'T we'll I'm HTTPServer2 x_1 += foo(bar[3]) && !baz; // 주석   \n"
    "{\"키\": [1, 2.50, -3e10]}  naïve café 東京タワー ひらがな Привет مرحبا "
    "🙂👩‍👩‍👧🇰🇷 a  b   c    d\n    return x\n";

struct Ends {
  std::vector<int32_t> prefix, suffix;
};

// What the tokenizer puts around a text.
Result<Ends> ends_of(const Tokenizer& tokenizer, const std::string& where) {
  HANOK_TRY(const std::vector<int32_t> plain, tokenizer.encode("a", {.add_special = false}));
  HANOK_TRY(const std::vector<int32_t> whole, tokenizer.encode("a"));
  const auto found = std::search(whole.begin(), whole.end(), plain.begin(), plain.end());
  const Ends ends{{whole.begin(), found}, {found + static_cast<long>(plain.size()), whole.end()}};
  const auto is_only = [](const std::vector<int32_t>& ids, std::optional<int32_t> id) {
    return ids.empty() || (ids.size() == 1 && id == ids[0]);
  };
  if (is_only(ends.prefix, tokenizer.bos_id()) && is_only(ends.suffix, tokenizer.eos_id())) return ends;
  return fail(ErrorKind::kUnsupported, "GGUF cannot express this tokenizer", where,
              "the begin token before a text and the end token behind it, or neither",
              fmt::format("ids {} and {}", fmt::join(ends.prefix, " "), fmt::join(ends.suffix, " ")));
}

// Ids that end a turn: the tokenizer's, then what the configurations add.
std::vector<int32_t> end_ids(const Checkpoint& checkpoint, const Tokenizer& tokenizer) {
  std::vector<int32_t> ids;
  const auto add = [&](int64_t id) {
    const bool known = std::find(ids.begin(), ids.end(), id) != ids.end();
    if (!known && id >= 0 && id < tokenizer.vocab_size()) ids.push_back(static_cast<int32_t>(id));
  };
  if (tokenizer.eos_id()) add(*tokenizer.eos_id());
  for (const Json* config : {&checkpoint.generation_config(), &checkpoint.config()}) {
    const auto it = config->find("eos_token_id");
    if (it == config->end()) continue;
    for (const auto& id : it->is_array() ? *it : Json::array({*it}))
      if (id.is_number_integer()) add(id.get<int64_t>());
  }
  return ids;
}

void add_end_keys(const Checkpoint& checkpoint, const Tokenizer& tokenizer, GgufPlan& plan) {
  constexpr const char* kNames[] = {"eos_token_id", "eot_token_id", "eom_token_id"};
  const std::vector<int32_t> ids = end_ids(checkpoint, tokenizer);
  for (size_t i = 0; i < std::min(ids.size(), std::size(kNames)); ++i)
    plan.metadata[std::string("tokenizer.ggml.") + kNames[i]] = gguf_u32(static_cast<uint32_t>(ids[i]));
  if (ids.size() <= std::size(kNames)) return;
  std::string lost;
  for (size_t i = std::size(kNames); i < ids.size(); ++i) lost += (lost.empty() ? "" : ", ") + tokenizer.piece(ids[i]);
  plan.notes.push_back(fmt::format(fmt::runtime(in_language("GGUF에 적을 자리가 없어 빠진 끝 토큰: {}",
                                                            "end tokens that GGUF has no key for, left out: {}")),
                                   lost));
}

tl::unexpected<Error> differs(const std::string& where, const std::string& text, const std::vector<int32_t>& expected,
                              const std::vector<int32_t>& got) {
  const auto show = [](const std::vector<int32_t>& ids) {
    return fmt::format("{}{}",
                       fmt::join(ids.begin(), ids.begin() + static_cast<long>(std::min<size_t>(8, ids.size())), " "),
                       ids.size() > 8 ? " ..." : "");
  };
  return fail(
      ErrorKind::kUnsupported, "GGUF cannot express this tokenizer",
      fmt::format("{}, on the text {}", where,
                  nlohmann::json(text.substr(0, 40)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)),
      "ids " + show(expected), show(got), "the model runs from its safetensors folder");
}

// The keys, read back, must encode as the folder's tokenizer does.
Status check_keys(const Tokenizer& tokenizer, const GgufMetadata& metadata, bool only_nfc, const std::string& where) {
  HANOK_TRY(const Tokenizer written, Tokenizer::from_gguf(GgufFile(metadata)));
  const auto check = [&](const std::string& text) -> Status {
    if (only_nfc && normalize(text, Normalization::kNfc) != text) return {};
    HANOK_TRY(const std::vector<int32_t> expected, tokenizer.encode(text));
    HANOK_TRY(const std::vector<int32_t> got, written.encode(text));
    if (got != expected) return differs(where, text, expected, got);
    return {};
  };
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id)
    HANOK_RETURN_IF_ERROR(check(tokenizer.decode(std::span(&id, 1), false)));
  HANOK_RETURN_IF_ERROR(check(kProbe));
  HANOK_TRY(const std::vector<int32_t> ids, tokenizer.encode(kProbe));
  if (written.decode(ids) == tokenizer.decode(ids)) return {};
  return fail(ErrorKind::kUnsupported, "GGUF cannot express this tokenizer's decoder", where,
              nlohmann::json(tokenizer.decode(ids)).dump(), nlohmann::json(written.decode(ids)).dump(),
              "the model runs from its safetensors folder");
}

int64_t planned_vocab(const GgufPlan& plan) {
  for (const PlannedTensor& tensor : plan.tensors)
    if (tensor.name == "token_embd.weight") return tensor.source.shape[0];
  return 0;
}

}  // namespace

Status add_tokenizer_keys(const Checkpoint& checkpoint, GgufPlan& plan) {
  const std::string where = checkpoint.path().string();
  HANOK_TRY(const Tokenizer tokenizer, Tokenizer::from_folder(checkpoint.path()));
  const int64_t vocab = planned_vocab(plan);
  if (tokenizer.vocab_size() > vocab) {
    return fail(ErrorKind::kCorruptFile, "tokenizer and model disagree", where, fmt::format("at most {} tokens", vocab),
                fmt::format("{} tokens", tokenizer.vocab_size()), "the tokenizer's files belong to another model");
  }
  auto form = tokenizer_form(checkpoint.path(), tokenizer, vocab);
  if (!form) return tl::unexpected(form.error().in(where));
  for (auto& [key, value] : form->keys) plan.metadata.insert_or_assign("tokenizer.ggml." + key, std::move(value));
  plan.notes.insert(plan.notes.end(), form->notes.begin(), form->notes.end());
  HANOK_TRY(const Ends ends, ends_of(tokenizer, where));
  plan.metadata["tokenizer.ggml.add_bos_token"] = gguf_bool(!ends.prefix.empty());
  plan.metadata["tokenizer.ggml.add_eos_token"] = gguf_bool(!ends.suffix.empty());
  if (tokenizer.bos_id())
    plan.metadata["tokenizer.ggml.bos_token_id"] = gguf_u32(static_cast<uint32_t>(*tokenizer.bos_id()));
  add_end_keys(checkpoint, tokenizer, plan);
  HANOK_TRY(const std::optional<ChatTemplate> chat, chat_template_of(checkpoint));
  if (chat) plan.metadata["tokenizer.chat_template"] = gguf_string(chat->source());
  return check_keys(tokenizer, plan.metadata, form->loses_nfc, where);
}

}  // namespace hanok
