#include "text/tokenizer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <utf8proc.h>

#include "base/utf8.h"
#include "text/tokenizer_parts.h"

namespace hanok {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";  // "▁"

std::string normalize(std::string_view text, Normalization form) {
  if (form == Normalization::kNone) return std::string(text);
  const bool compose = form == Normalization::kNfc || form == Normalization::kNfkc;
  const bool compatible = form == Normalization::kNfkc || form == Normalization::kNfkd;
  int options = UTF8PROC_STABLE | (compose ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE);
  if (compatible) options |= UTF8PROC_COMPAT;
  utf8proc_uint8_t* out = nullptr;
  const auto n =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &out, static_cast<utf8proc_option_t>(options));
  std::string result =
      n < 0 ? std::string(text) : std::string(reinterpret_cast<const char*>(out), static_cast<size_t>(n));
  std::free(out);
  return result;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t found = std::min(text.find(from, at), text.size());
    out += text.substr(at, found - at);
    if (found < text.size()) out += to;
    at = found + from.size();
  }
  return out;
}

void push_bytes(const TokenizerParts& parts, std::string_view text, std::vector<int32_t>& out) {
  bool unknown = false;
  for (const char c : text) {
    const int32_t id = parts.byte_ids[static_cast<uint8_t>(c)];
    if (id >= 0) out.push_back(id);
    unknown = unknown || id < 0;
  }
  if (unknown && parts.unknown) out.push_back(*parts.unknown);
}

void encode_byte_level(const TokenizerParts& parts, std::string_view text, std::vector<int32_t>& out) {
  std::vector<std::string_view> words = {text}, next;
  for (const Splitter& splitter : parts.splits) {
    next.clear();
    for (const std::string_view word : words) splitter.split(word, next);
    words.swap(next);
  }
  std::vector<int32_t> symbols;
  std::string visible;
  for (const std::string_view word : words) {
    if (parts.ignore_merges) {
      visible.clear();
      for (const char c : word) append_utf8(visible, byte_level_char(static_cast<uint8_t>(c)));
      if (const auto it = parts.ids.find(visible); it != parts.ids.end()) {
        out.push_back(it->second);
        continue;
      }
    }
    symbols.clear();
    push_bytes(parts, word, symbols);
    parts.bpe.merge(symbols);
    out.insert(out.end(), symbols.begin(), symbols.end());
  }
}

void encode_sentence(const TokenizerParts& parts, std::string_view text, std::vector<int32_t>& out) {
  const std::string marked = replace_all(text, " ", kSpaceMark);
  std::vector<int32_t> symbols;
  for (std::string_view rest = marked; !rest.empty();) {
    const std::string_view character = rest.substr(0, std::max<size_t>(1, utf8_char_length(rest)));
    const auto it = parts.ids.find(character);
    if (it != parts.ids.end()) {
      symbols.push_back(it->second);
    } else {
      push_bytes(parts, character, symbols);
    }
    rest.remove_prefix(character.size());
  }
  parts.bpe.merge(symbols);
  out.insert(out.end(), symbols.begin(), symbols.end());
}

void encode_plain(const TokenizerParts& parts, std::string_view text, bool first, std::vector<int32_t>& out) {
  if (text.empty()) return;
  std::string normal = normalize(text, parts.normalization);
  if (parts.space_prefix && first) normal.insert(0, " ");
  if (parts.byte_level) {
    encode_byte_level(parts, normal, out);
  } else {
    encode_sentence(parts, normal, out);
  }
}

// The longest added token that stands at `at`, or null.
const std::pair<std::string, int32_t>* added_at(const TokenizerParts& parts, std::string_view text, size_t at,
                                                bool special) {
  for (const auto& token : parts.added[static_cast<uint8_t>(text[at])]) {
    if (!special && parts.kinds[static_cast<size_t>(token.second)] == TokenKind::kSpecial) continue;
    if (text.compare(at, token.first.size(), token.first) == 0) return &token;
  }
  return nullptr;
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const TokenizerParts> parts) : parts_(std::move(parts)) {}

std::vector<int32_t> Tokenizer::encode(std::string_view utf8, EncodeOptions options) const {
  const std::string text = replace_invalid_utf8(utf8);
  std::vector<int32_t> out;
  if (options.add_special) out = parts_->prefix;
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    const auto* token = added_at(*parts_, text, at, options.parse_special);
    if (token == nullptr) {
      ++at;
      continue;
    }
    encode_plain(*parts_, std::string_view(text).substr(done, at - done), done == 0, out);
    out.push_back(token->second);
    done = at += token->first.size();
  }
  encode_plain(*parts_, std::string_view(text).substr(done), done == 0, out);
  if (options.add_special) out.insert(out.end(), parts_->suffix.begin(), parts_->suffix.end());
  return out;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::string bytes;
  for (const int32_t id : ids) {
    if (!skip_special || !is_special(id)) bytes += token_bytes(id);
  }
  if (parts_->space_prefix && !bytes.empty() && bytes[0] == ' ') bytes.erase(0, 1);
  return replace_invalid_utf8(bytes);
}

std::string Tokenizer::token_bytes(int32_t id) const {
  if (id < 0 || id >= vocab_size()) return {};
  const std::string& text = parts_->pieces[static_cast<size_t>(id)];
  const TokenKind kind = parts_->kinds[static_cast<size_t>(id)];
  if (kind == TokenKind::kByte && text.size() == 6) {
    return std::string(1, static_cast<char>(std::strtol(text.c_str() + 3, nullptr, 16)));
  }
  if (kind != TokenKind::kNormal) return text;
  if (!parts_->byte_level) return replace_all(text, kSpaceMark, " ");
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t n = std::max<size_t>(1, utf8_char_length(rest));
    const int byte = utf8_char_length(rest) == 0 ? -1 : byte_level_byte(utf8_code_point(rest));
    if (byte >= 0) {
      out += static_cast<char>(byte);
    } else {
      out += rest.substr(0, n);
    }
    rest.remove_prefix(n);
  }
  return out;
}

std::string Tokenizer::piece(int32_t id) const {
  return id < 0 || id >= vocab_size() ? std::string() : parts_->pieces[static_cast<size_t>(id)];
}

int32_t Tokenizer::vocab_size() const {
  return static_cast<int32_t>(parts_->pieces.size());
}

bool Tokenizer::is_special(int32_t id) const {
  return id >= 0 && id < vocab_size() && parts_->kinds[static_cast<size_t>(id)] == TokenKind::kSpecial;
}

std::optional<int32_t> Tokenizer::find(std::string_view piece) const {
  const auto it = parts_->ids.find(piece);
  return it == parts_->ids.end() ? std::nullopt : std::optional<int32_t>(it->second);
}

std::optional<int32_t> Tokenizer::bos_id() const {
  return parts_->bos;
}

std::optional<int32_t> Tokenizer::eos_id() const {
  return parts_->eos;
}

const std::vector<int32_t>& Tokenizer::end_ids() const {
  return parts_->end_ids;
}

bool Tokenizer::strips_first_space() const {
  return parts_->space_prefix;
}

}  // namespace hanok
