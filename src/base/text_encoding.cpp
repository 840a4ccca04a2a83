#include "base/text_encoding.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>

#include <fmt/format.h>
#include <iconv.h>

#include "base/locale.h"
#include "base/utf8.h"

namespace hanok {
namespace {

struct Mark {
  std::string_view bytes;
  const char* encoding;  // as iconv names it
};
constexpr std::array<Mark, 3> kMarks = {
    {{"\xEF\xBB\xBF", "UTF-8"}, {"\xFF\xFE", "UTF-16LE"}, {"\xFE\xFF", "UTF-16BE"}}};

class Converter {
 public:
  explicit Converter(const char* encoding) : handle_(iconv_open("UTF-8", encoding)) {}
  ~Converter() {
    if (is_known()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  bool is_known() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // Appends what can be read and cuts it off; what is left then begins with a byte without meaning, or is empty.
  void convert(std::string_view& bytes, std::string& out) const {
    std::array<char, 1 << 14> buffer;
    char* in = const_cast<char*>(bytes.data());  // iconv does not write to it
    size_t n_left = bytes.size();
    bool goes_on = true;
    while (n_left > 0 && goes_on) {
      char* to = buffer.data();
      size_t n_free = buffer.size();
      goes_on = iconv(handle_, &in, &n_left, &to, &n_free) != static_cast<size_t>(-1) || errno == E2BIG;
      out.append(buffer.data(), buffer.size() - n_free);
    }
    bytes.remove_prefix(bytes.size() - n_left);
  }

 private:
  iconv_t handle_;
};

// UTF-16 without its mark: line ends, spaces and digits have a zero in one half of them.
const char* unmarked_utf16(std::string_view bytes) {
  const std::string_view sample = bytes.substr(0, 4096);
  size_t n_even = 0, n_odd = 0;
  for (size_t i = 0; i < sample.size(); ++i)
    if (sample[i] == '\0') ++(i % 2 == 0 ? n_even : n_odd);
  if (bytes.size() % 2 != 0 || n_even + n_odd == 0) return nullptr;
  if (n_even == 0) return "UTF-16LE";
  return n_odd == 0 ? "UTF-16BE" : nullptr;
}

// The first byte that is no UTF-8.
std::optional<size_t> broken_utf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const size_t n = utf8_char_length(bytes.substr(at));
    if (n == 0) return at;
    at += n;
  }
  return std::nullopt;
}

std::string with_line_feeds(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

bool is_pdf(std::string_view bytes) {
  return bytes.starts_with("%PDF-");
}

tl::unexpected<Error> not_text(const std::string& where, std::string_view bytes, size_t at) {
  return fail(ErrorKind::kInvalidInput, in_language("글로 읽을 수 없습니다", "cannot be read as text"), where,
              in_language("UTF-8, UTF-16, CP949 가운데 하나", "UTF-8, UTF-16 or CP949"),
              is_pdf(bytes) ? "PDF"
                            : fmt::format(fmt::runtime(in_language("{}번째 바이트 0x{:02x}", "0x{1:02x} at byte {0}")),
                                          at, static_cast<uint8_t>(bytes[at])),
              in_language("글만 든 파일로 저장해 주세요", "save it as plain text"));
}

// `otherwise` is the byte to blame when the encoding is a guess; without it, the first that has no meaning in it.
Result<DecodedText> decode_as(std::string_view bytes, size_t n_skipped, const char* encoding, const std::string& where,
                              std::optional<size_t> otherwise = std::nullopt) {
  const Converter converter(encoding);
  if (!converter.is_known()) {
    return fail(ErrorKind::kUnsupported,
                in_language("이 시스템에 이 인코딩의 변환표가 없습니다", "this system cannot convert this encoding"),
                where, "", encoding);
  }
  std::string text;
  std::string_view rest = bytes.substr(n_skipped);
  converter.convert(rest, text);
  if (!rest.empty()) return not_text(where, bytes, otherwise.value_or(bytes.size() - rest.size()));
  return DecodedText{with_line_feeds(text), encoding};
}

std::string plain_name(std::string_view encoding) {
  std::string name;
  for (const char c : encoding) {
    if (c >= 'A' && c <= 'Z') {
      name += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
      name += c == '_' ? '-' : c;
    }
  }
  constexpr std::array<std::string_view, 8> kKorean = {"euc-kr",         "ks-c-5601-1987", "ksc5601",       "ks-c-5601",
                                                       "ks-c-5601-1989", "windows-949",    "x-windows-949", "uhc"};
  if (std::find(kKorean.begin(), kKorean.end(), name) != kKorean.end()) return "cp949";
  if (name == "iso-8859-1" || name == "us-ascii" || name == "ascii" || name == "latin1") return "cp1252";
  return name == "utf8" || name == "unicode-1-1-utf-8" ? "utf-8" : name;
}

}  // namespace

ByteOrderMark byte_order_mark(std::string_view bytes) {
  for (const Mark& mark : kMarks)
    if (bytes.starts_with(mark.bytes)) return {mark.encoding, mark.bytes.size()};
  return {};
}

bool is_utf8(std::string_view bytes) {
  return !broken_utf8(bytes);
}

Result<DecodedText> decode_text(std::string_view bytes, const std::string& where) {
  if (const ByteOrderMark mark = byte_order_mark(bytes); mark.encoding != nullptr)
    return decode_as(bytes, mark.n_bytes, mark.encoding, where);
  if (is_pdf(bytes)) return not_text(where, bytes, 0);
  if (const char* encoding = unmarked_utf16(bytes); encoding != nullptr) return decode_as(bytes, 0, encoding, where);
  if (const size_t zero = bytes.find('\0'); zero != std::string_view::npos) return not_text(where, bytes, zero);
  const std::optional<size_t> broken = broken_utf8(bytes);
  if (!broken) return DecodedText{with_line_feeds(bytes), "UTF-8"};
  return decode_as(bytes, 0, "CP949", where, broken);
}

std::optional<std::string> decode_named(std::string_view bytes, std::string_view encoding) {
  const std::string name = plain_name(encoding);
  if (name == "utf-8") return replace_invalid_utf8(bytes);
  if (name.empty()) return std::nullopt;
  const Converter converter(name.c_str());
  if (!converter.is_known()) return std::nullopt;
  std::string out;
  converter.convert(bytes, out);
  while (!bytes.empty()) {
    out += "\xEF\xBF\xBD";
    bytes.remove_prefix(1);
    converter.convert(bytes, out);
  }
  return replace_invalid_utf8(out);
}

}  // namespace hanok
