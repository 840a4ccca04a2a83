#include "documents/bytes.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace hanok {
namespace {

struct PrivateUse {
  char32_t code;
  const char* shown;
};

// Hangul's private-use characters whose meaning is known from documents that exist in two formats; sorted.
constexpr std::array<PrivateUse, 11> kPrivateUse = {{{0xF012B, "(인)"},
                                                     {0xF03C5, "□"},
                                                     {0xF0806, "┌"},
                                                     {0xF0807, "┬"},
                                                     {0xF0808, "┐"},
                                                     {0xF080C, "└"},
                                                     {0xF080E, "┘"},
                                                     {0xF080F, "━"},
                                                     {0xF0810, "│"},
                                                     {0xF0827, "■"},
                                                     {0xF0832, "═"}}};

// Signs of Symbol and Wingdings that serve as bullets; sorted.
constexpr std::array<PrivateUse, 8> kFontSigns = {{{0xF06C, "●"},
                                                   {0xF06E, "■"},
                                                   {0xF071, "❑"},
                                                   {0xF076, "❖"},
                                                   {0xF0A7, "▪"},
                                                   {0xF0B7, "•"},
                                                   {0xF0D8, "➢"},
                                                   {0xF0FC, "✓"}}};

template <size_t N>
const char* shown(const std::array<PrivateUse, N>& signs, char32_t c) {
  const auto found = std::lower_bound(signs.begin(), signs.end(), c,
                                      [](const PrivateUse& entry, char32_t code) { return entry.code < code; });
  return found != signs.end() && found->code == c ? found->shown : nullptr;
}

}  // namespace

std::string utf8_of_utf16le(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  const size_t n_units = bytes.size() / 2;
  for (size_t i = 0; i < n_units; ++i) {
    const char32_t unit = read_u16(bytes, 2 * i);
    const char32_t next = i + 1 < n_units ? read_u16(bytes, 2 * i + 2) : 0;
    if (unit >= 0xD800 && unit < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00));
      ++i;
    } else {
      append_utf8(out, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
    }
  }
  return out;
}

std::string read_counted_utf16(std::string_view bytes, size_t offset) {
  return utf8_of_utf16le(slice(bytes, offset + 2, size_t{2} * read_u16(bytes, offset)));
}

void append_character(std::string& out, char32_t c) {
  if (c >= 0xF0000) {
    if (const char* text = shown(kPrivateUse, c); text != nullptr) {
      out += text;
      return;
    }
  }
  const bool is_control = (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
  if (!is_control) append_utf8(out, c);
}

std::string bullet_text(char32_t c) {
  if (const char* text = shown(kFontSigns, c); text != nullptr) return text;
  std::string out;
  append_character(out, c >= 0xE000 && c < 0xF900 ? U'•' : c);
  return out;
}

std::string cleaned_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t n = utf8_char_length(text);
    append_character(out, n == 0 ? 0xFFFD : utf8_code_point(text));
    text.remove_prefix(std::max<size_t>(1, n));
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kWide = "\xE3\x80\x80";
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty()) {
    if (is_space(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with(kWide)) {
      text.remove_prefix(kWide.size());
    } else {
      break;
    }
  }
  while (!text.empty()) {
    if (is_space(text.back())) {
      text.remove_suffix(1);
    } else if (text.ends_with(kWide)) {
      text.remove_suffix(kWide.size());
    } else {
      break;
    }
  }
  return text;
}

}  // namespace hanok
