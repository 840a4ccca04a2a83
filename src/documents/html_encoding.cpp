#include "documents/html_encoding.h"

#include <algorithm>

#include "base/text_encoding.h"

namespace hanok {
namespace {

// The encoding that the page's beginning names, in a meta element or an XML declaration.
std::string declared_encoding(std::string_view bytes) {
  std::string head(bytes.substr(0, 4096));
  for (char& c : head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view key : {"charset", "encoding"}) {
    size_t at = head.find(key);
    if (at == std::string::npos || (key == "encoding" && !head.starts_with("<?xml"))) continue;
    at = head.find_first_not_of(" \t\n\r=\"'", at + key.size());
    if (at == std::string::npos) continue;
    return head.substr(at, head.find_first_of(" \t\n\r\"';/>?", at) - at);
  }
  return {};
}

}  // namespace

std::string decode_html(std::string_view bytes) {
  if (const ByteOrderMark mark = byte_order_mark(bytes); mark.encoding != nullptr)
    return decode_named(bytes.substr(mark.n_bytes), mark.encoding).value_or("");
  if (bytes.find('\0') != std::string_view::npos)
    if (const auto decoded = decode_text(bytes, ""); decoded) return decoded->text;
  const bool is_ascii =
      std::none_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (!is_ascii && is_utf8(bytes)) return std::string(bytes);
  if (const auto decoded = decode_named(bytes, declared_encoding(bytes)); decoded) return *decoded;
  return decode_named(bytes, is_ascii ? "utf-8" : "cp949").value_or("");
}

}  // namespace hanok
