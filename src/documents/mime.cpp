#include "documents/mime.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text_encoding.h"
#include "documents/base64.h"
#include "documents/bytes.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr size_t kMaxHeaderBytes = size_t{64} << 10;  // of all headers of a part
constexpr size_t kMaxWordBytes = 8192;                // of an encoded word

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// How long the header's name is; 0 for a line that is no header.
size_t name_length(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return 0;
  const bool is_name = std::all_of(line.begin(), line.begin() + static_cast<ptrdiff_t>(colon),
                                   [](char c) { return c > ' ' && c < 0x7F; });
  return is_name ? colon : 0;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Replaces "=C7" (or "%C7") by their bytes.
std::string unescape(std::string_view text, char mark) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == mark && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    const bool goes_on = line.ends_with('=');
    if (goes_on) line.remove_suffix(1);
    out += unescape(line, '=');
    if (!goes_on) out += '\n';
  }
  return out;
}

struct EncodedWord {
  std::string charset, bytes;
  size_t n_bytes = 0;  // that it takes
};

// "=?charset?B?text?=" at the text's beginning.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  if (!text.starts_with("=?")) return std::nullopt;
  text = text.substr(0, kMaxWordBytes);
  const size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() || text[charset_end + 2] != '?')
    return std::nullopt;
  const size_t begin = charset_end + 3, end = text.find("?=", begin);
  if (end == std::string_view::npos) return std::nullopt;
  EncodedWord word;
  word.charset = lower(text.substr(2, charset_end - 2));
  word.charset.resize(std::min(word.charset.find('*'), word.charset.size()));  // a language may follow
  word.n_bytes = end + 2;
  std::string inside(text.substr(begin, end - begin));
  const char kind = text[charset_end + 1];
  if (kind == 'B' || kind == 'b') {
    word.bytes = bytes_of_base64(inside);
  } else if (kind == 'Q' || kind == 'q') {
    std::replace(inside.begin(), inside.end(), '_', ' ');
    word.bytes = unescape(inside, '=');
  } else {
    return std::nullopt;
  }
  return word;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The value of "name=value" in a header's parameters, quotes removed; nothing where there is none.
std::optional<std::string> raw_parameter(std::string_view header, std::string_view name) {
  size_t at = header.find(';');
  while (at != std::string_view::npos && at < header.size()) {
    const size_t begin = header.find_first_not_of("; \t", at);
    if (begin == std::string_view::npos) return std::nullopt;
    const size_t equals = header.find_first_of("=;", begin);
    if (equals == std::string_view::npos) return std::nullopt;
    if (header[equals] == ';') {
      at = equals;
      continue;
    }
    const std::string key = lower(trim(header.substr(begin, equals - begin)));
    std::string value;
    size_t i = header.find_first_not_of(" \t", equals + 1);
    if (i == std::string_view::npos) return std::nullopt;
    if (header[i] == '"') {
      for (++i; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size()) ++i;
        value += header[i];
      }
      at = header.find(';', std::min(i, header.size()));
    } else {
      at = header.find(';', i);
      value = trim(header.substr(i, at == std::string_view::npos ? at : at - i));
    }
    if (key == name) return value;
  }
  return std::nullopt;
}

// "euc-kr'ko'%C7%D1" of RFC 2231.
std::string decode_extended(std::string_view value) {
  const size_t first = value.find('\''), second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return decode_mail_text(unescape(value, '%'), "");
  return decode_mail_text(unescape(value.substr(second + 1), '%'), value.substr(0, first));
}

}  // namespace

std::string_view MimePart::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

std::string MimePart::type() const {
  const std::string_view value = header("content-type");
  const std::string name = lower(trim(value.substr(0, value.find(';'))));
  return name.empty() ? "text/plain" : name;
}

std::string MimePart::parameter(std::string_view header_name, std::string_view name) const {
  constexpr int kMaxPieces = 16;
  const std::string_view value = header(header_name);
  const std::string key(name);
  if (const auto extended = raw_parameter(value, key + "*"); extended)
    return std::string(trim(decode_extended(*extended)));
  if (const auto plain = raw_parameter(value, key); plain) return decode_header(*plain);
  std::string joined;
  bool is_extended = false;
  for (int i = 0; i < kMaxPieces; ++i) {
    const std::string piece = key + "*" + std::to_string(i);
    const auto extended = raw_parameter(value, piece + "*"), plain = raw_parameter(value, piece);
    if (!extended && !plain) break;
    is_extended |= extended.has_value();
    joined += extended ? *extended : *plain;
  }
  return std::string(trim(is_extended ? decode_extended(joined) : decode_header(joined)));
}

std::string MimePart::decoded_body() const {
  const std::string encoding = lower(trim(header("content-transfer-encoding")));
  if (encoding == "base64") return bytes_of_base64(body);
  return encoding == "quoted-printable" ? decode_quoted_printable(body) : std::string(body);
}

MimePart read_mime_part(std::string_view bytes) {
  MimePart part;
  size_t n_header_bytes = 0;
  if (bytes.starts_with("From ")) take_line(bytes);  // of a mailbox file
  while (!bytes.empty()) {
    std::string_view rest = bytes;
    const std::string_view line = take_line(rest);
    if (line.empty()) {
      bytes = rest;
      break;
    }
    const bool goes_on = (line[0] == ' ' || line[0] == '\t') && !part.headers.empty();
    const size_t n_name = goes_on ? 0 : name_length(line);
    n_header_bytes += line.size();
    if ((!goes_on && n_name == 0) || n_header_bytes > kMaxHeaderBytes) break;
    if (goes_on)
      part.headers.back().second += " " + std::string(trim(line));
    else
      part.headers.emplace_back(lower(line.substr(0, n_name)), trim(line.substr(n_name + 1)));
    bytes = rest;
  }
  part.body = bytes;
  return part;
}

std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary) {
  std::vector<std::string_view> parts;
  if (boundary.empty()) return parts;
  const std::string mark = "--" + std::string(boundary);
  const char* begin = nullptr;
  while (!body.empty() && parts.size() < kMaxArchiveMembers) {
    const char* line_begin = body.data();
    const std::string_view line = take_line(body);
    if (!line.starts_with(mark)) continue;
    const std::string_view behind = line.substr(mark.size());
    if (!is_blank(behind) && !behind.starts_with("--")) continue;
    if (begin != nullptr) {
      const char* end = line_begin;  // the line end before the boundary belongs to it
      if (end > begin && end[-1] == '\n') --end;
      if (end > begin && end[-1] == '\r') --end;
      parts.emplace_back(begin, static_cast<size_t>(end - begin));
    }
    begin = body.data();
    if (behind.starts_with("--")) return parts;
  }
  if (begin != nullptr) parts.emplace_back(begin, static_cast<size_t>(body.data() + body.size() - begin));
  return parts;
}

std::string decode_mail_text(std::string_view bytes, std::string_view encoding) {
  const bool is_ascii =
      std::none_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  std::optional<std::string> out;
  if (!is_ascii && is_utf8(bytes)) out = std::string(bytes);  // whatever it calls itself
  if (!out) out = decode_named(bytes, encoding);
  if (!out) out = decode_named(bytes, is_ascii ? "utf-8" : "cp949");
  std::string text;
  for (const char c : out.value_or(""))
    if (c != '\r') text += c;
  return cleaned_text(text);
}

std::string decode_header(std::string_view value) {
  std::string out, bytes, charset, plain;
  const auto flush_word = [&] {
    if (!bytes.empty()) out += decode_mail_text(bytes, charset);
    bytes.clear();
  };
  const auto flush_plain = [&] {
    out += decode_mail_text(plain, "");
    plain.clear();
  };
  while (!value.empty()) {
    const auto word = encoded_word(value);
    if (!word) {
      plain += value.front();
      value.remove_prefix(1);
      continue;
    }
    // White space between two encoded words is not text; a character may be split over both.
    if (!is_blank(plain) || bytes.empty()) {
      flush_word();
      flush_plain();
    }
    plain.clear();
    if (word->charset != charset) flush_word();
    charset = word->charset;
    bytes += word->bytes;
    value.remove_prefix(word->n_bytes);
  }
  flush_word();
  flush_plain();
  std::string one_line(trim(out));
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  return one_line;
}

bool looks_like_mail(std::string_view bytes, bool is_named_so) {
  constexpr auto kOwn =
      std::to_array<std::string_view>({"received", "return-path", "mime-version", "message-id", "from", "to", "subject",
                                       "date", "delivered-to", "content-type", "x-mailer"});
  const MimePart part = read_mime_part(bytes.substr(0, size_t{1} << 16));
  size_t n_own = 0;
  for (const std::string_view name : kOwn) n_own += part.header(name).empty() ? 0 : 1;
  const bool is_mail = !part.header("mime-version").empty() || !part.header("received").empty() ||
                       !part.header("message-id").empty() || !part.header("return-path").empty();
  return is_named_so ? n_own >= 1 : is_mail && n_own >= 3;
}

}  // namespace hanok
