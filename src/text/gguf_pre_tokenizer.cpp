#include "text/gguf_pre_tokenizer.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "text/unicode.h"

namespace hanok {
namespace {

constexpr const char* kDigit = R"(\p{N})";
constexpr const char* kCjk = "[一-龥぀-ゟ゠-ヿ]+";
// The patterns R2 … R6 as the families' tokenizer.json files have them; R1 is kGpt2Pattern.
constexpr const char* kR2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr const char* kR3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kR4 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kR5 =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kR6 =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

struct Named {
  std::vector<std::string_view> names;
  std::vector<std::string> patterns;  // one after the other
  GgufPreTokenizer flags = {};
  bool nfc = false;
  bool only_here = false;
};

const std::vector<Named>& table() {
  static const std::vector<Named> kTable = {
      {{"gpt-2", "default", "exaone4", "a.x-4.0", "trillion"}, {kGpt2Pattern}},
      {{"exaone", "smollm"}, {kDigit, kGpt2Pattern}},
      {{"exaone-moe"}, {kR2}},
      {{"qwen2"}, {kR3}, {}, true},
      {{"solar-open", "kormo"}, {kR3}},
      {{"llama-bpe", "llama3", "llama-v3", "midm-2.0", "lfm2"}, {kR4}, {.ignore_merges = true, .add_bos = true}},
      {{"gpt-4o", "kanana2"}, {kR5}},
      {{"hyperclovax", "hcx"}, {kDigit, kCjk, kR6}, {}, false, true}};
  return kTable;
}

}  // namespace

std::optional<GgufPreTokenizerName> find_gguf_pre_tokenizer(const std::vector<std::string>& patterns, bool nfc,
                                                            bool ignore_merges) {
  const Named* found = nullptr;
  for (const Named& entry : table()) {
    if (entry.patterns != patterns || (entry.nfc && !nfc)) continue;
    const auto fit = [&](const Named& named) {
      return std::pair(named.nfc == nfc, named.flags.ignore_merges == ignore_merges);
    };
    if (found == nullptr || fit(entry) > fit(*found)) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  return GgufPreTokenizerName{std::string(found->names[0]), found->only_here, found->nfc != nfc};
}

Result<GgufPreTokenizer> add_gguf_pre_tokenizer(const std::string& name, TokenizerParts& parts) {
  std::string known;
  for (const Named& entry : table()) {
    for (const std::string_view each : entry.names) known += (known.empty() ? "" : ", ") + std::string(each);
    if (std::find(entry.names.begin(), entry.names.end(), name) == entry.names.end()) continue;
    if (entry.nfc) {
      parts.normalizer.add([](std::string& text) -> Status {
        text = normalize(text, Normalization::kNfc);
        return {};
      });
    }
    for (const std::string& pattern : entry.patterns) {
      HANOK_TRY(Splitter splitter, Splitter::compile(pattern));
      parts.pre_tokenizer.add_split(std::move(splitter), SplitBehavior::kIsolated);
    }
    return entry.flags;
  }
  return fail(ErrorKind::kUnsupported, "unknown pre-tokenizer", "tokenizer.ggml.pre", "one of " + known, name,
              "convert the model from its original files, which spell the pre-tokenizer out");
}

}  // namespace hanok
