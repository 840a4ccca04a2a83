#include "text/tokenizer_parts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"

namespace hanok {
namespace {

struct ByteTable {
  std::array<char32_t, 256> chars{};
  std::array<int, 324> bytes{};
  ByteTable() {
    bytes.fill(-1);
    char32_t next = 256;
    for (size_t b = 0; b < 256; ++b) {
      const bool visible = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      chars[b] = visible ? static_cast<char32_t>(b) : next++;
      bytes[chars[b]] = static_cast<int>(b);
    }
  }
};

const ByteTable& byte_table() {
  static const ByteTable table;
  return table;
}

bool ends_generation(std::string_view piece) {
  static constexpr std::string_view kEnds[] = {"<|im_end|>",      "<|endoftext|>", "<|eot_id|>",
                                               "<|end_of_text|>", "<|eom_id|>",    "<end_of_turn>",
                                               "<|endofturn|>",   "<|stop|>",      "[|endofturn|]"};
  return std::find(std::begin(kEnds), std::end(kEnds), piece) != std::end(kEnds);
}

}  // namespace

char32_t byte_level_char(uint8_t byte) {
  return byte_table().chars[byte];
}

int byte_level_byte(char32_t c) {
  return c < byte_table().bytes.size() ? byte_table().bytes[c] : -1;
}

void TokenizerParts::finish() {
  byte_ids.fill(-1);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto id = static_cast<int32_t>(i);
    ids.emplace(pieces[i], id);
    if ((kinds[i] == TokenKind::kSpecial || kinds[i] == TokenKind::kAdded) && !pieces[i].empty()) {
      added[static_cast<uint8_t>(pieces[i][0])].emplace_back(pieces[i], id);
    }
    if (kinds[i] == TokenKind::kSpecial && ends_generation(pieces[i])) end_ids.push_back(id);
  }
  for (auto& list : added) {
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  }
  for (size_t b = 0; b < 256; ++b) {
    std::string name = fmt::format("<0x{:02X}>", b);
    if (byte_level) {
      name.clear();
      append_utf8(name, byte_level_char(static_cast<uint8_t>(b)));
    }
    if (const auto it = ids.find(name); it != ids.end()) byte_ids[b] = it->second;
  }
  if (eos) end_ids.push_back(*eos);
  std::sort(end_ids.begin(), end_ids.end());
  end_ids.erase(std::unique(end_ids.begin(), end_ids.end()), end_ids.end());
}

Status TokenizerParts::add_merges(const std::vector<std::pair<std::string, std::string>>& merges) {
  float rank = 0;
  for (const auto& [left, right] : merges) {
    const auto l = ids.find(left), r = ids.find(right), m = ids.find(left + right);
    if (l == ids.end() || r == ids.end() || m == ids.end()) {
      return fail(ErrorKind::kCorruptFile, "merge names a token that is not in the vocabulary",
                  fmt::format("merge {}", static_cast<int64_t>(rank)), "", left + " " + right);
    }
    bpe.add_merge(l->second, r->second, m->second, rank);
    rank += 1;
  }
  return {};
}

void TokenizerParts::add_scored_merges(const std::vector<double>& scores) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (kinds[i] != TokenKind::kNormal) continue;
    const std::string_view piece = pieces[i];
    for (size_t cut = 1; cut < piece.size(); ++cut) {
      if ((static_cast<uint8_t>(piece[cut]) & 0xc0) == 0x80) continue;
      const auto left = ids.find(piece.substr(0, cut)), right = ids.find(piece.substr(cut));
      if (left == ids.end() || right == ids.end()) continue;
      bpe.add_merge(left->second, right->second, static_cast<int32_t>(i), static_cast<float>(-scores[i]));
    }
  }
}

Status apply_pre_tokenizer(const std::string& name, TokenizerParts& parts) {
  static const std::string kR1 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
  static const std::string kR2 =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";
  static const std::string kR3 =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  static const std::string kR4 =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  static const std::string kR5 =
      R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  static const std::string kR6 =
      R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  static const std::string kDigit = R"(\p{N})";
  static const std::vector<std::pair<std::vector<std::string_view>, std::vector<std::string>>> kTable = {
      {{"gpt-2", "default", "exaone4", "a.x-4.0", "trillion"}, {kR1}},
      {{"exaone", "smollm"}, {kDigit, kR1}},
      {{"exaone-moe"}, {kR2}},
      {{"qwen2", "solar-open", "kormo"}, {kR3}},
      {{"llama-bpe", "llama3", "midm-2.0"}, {kR4}},
      {{"gpt-4o", "kanana2"}, {kR5}},
      {{"hyperclovax", "hcx"}, {kDigit, "[一-龥぀-ゟ゠-ヿ]+", kR6}}};
  for (const auto& [names, patterns] : kTable) {
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    for (const std::string& pattern : patterns) {
      HANOK_TRY(Splitter splitter, Splitter::compile(pattern));
      parts.splits.push_back(std::move(splitter));
    }
    parts.ignore_merges = names.front() == "llama-bpe";
    if (name == "qwen2") parts.normalization = Normalization::kNfc;
    return {};
  }
  return fail(ErrorKind::kUnsupported, "unknown pre-tokenizer", "tokenizer.ggml.pre", "a name this program knows",
              name);
}

}  // namespace hanok
