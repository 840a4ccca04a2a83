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

// How many of the first units are what Korean text is made of, read as UTF-16.
struct Units {
  size_t n_all = 0, n_common = 0, n_rare = 0;  // common: Hangul, ASCII; rare: Hanja, kana, signs
  bool are_korean(size_t of_ten) const { return 10 * (n_common + n_rare) >= of_ten * n_all && 2 * n_common >= n_all; }
};

Units units_of(std::string_view bytes, bool is_big) {
  constexpr size_t kSample = 4096;
  const auto within = [](unsigned unit, unsigned first, unsigned last) { return unit >= first && unit <= last; };
  Units units;
  for (size_t i = 0; i + 1 < std::min(bytes.size(), kSample); i += 2) {
    const auto high = static_cast<uint8_t>(bytes[is_big ? i : i + 1]),
               low = static_cast<uint8_t>(bytes[is_big ? i + 1 : i]);
    const unsigned unit = static_cast<unsigned>(high << 8 | low);
    const bool is_ascii = within(unit, 0x20, 0x7e) || within(unit, 0x09, 0x0d);
    ++units.n_all;
    if (is_ascii || within(unit, 0xac00, 0xd7a3)) {
      ++units.n_common;
    } else if (within(unit, 0x2010, 0x33ff) || within(unit, 0x4e00, 0x9fff) || within(unit, 0xff00, 0xffee)) {
      ++units.n_rare;
    }
  }
  return units;
}

// UTF-16 without its mark, where so many of ten characters are Korean or English.
const char* korean_utf16(std::string_view bytes, size_t of_ten) {
  if (bytes.size() % 2 != 0) return nullptr;
  const Units little = units_of(bytes, false), big = units_of(bytes, true);
  if (little.are_korean(of_ten) && little.n_common >= big.n_common) return "UTF-16LE";
  return big.are_korean(of_ten) ? "UTF-16BE" : nullptr;
}

// The same in other languages: line ends, spaces and digits have a zero in one half of them.
const char* utf16_with_zeros(std::string_view bytes) {
  const std::string_view sample = bytes.substr(0, 4096);
  size_t n_even = 0, n_odd = 0;
  for (size_t i = 0; i < sample.size(); ++i)
    if (sample[i] == '\0') ++(i % 2 == 0 ? n_even : n_odd);
  if (bytes.size() % 2 != 0 || n_even + n_odd == 0) return nullptr;
  if (n_even == 0) return "UTF-16LE";
  return n_odd == 0 ? "UTF-16BE" : nullptr;
}

// Korean mail of old: seven bits, with a mark that names the character set.
bool is_iso_2022_kr(std::string_view bytes) {
  return bytes.substr(0, 4096).find("\x1b$)C") != std::string_view::npos &&
         std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
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

// Error: the first byte without meaning. `not_before`: where another guess came to its end; the better of both guesses
// names the byte.
Result<DecodedText> decode_as(std::string_view bytes, size_t n_skipped, const char* encoding, const std::string& where,
                              size_t not_before = 0) {
  const Converter converter(encoding);
  if (!converter.is_known()) {
    return fail(ErrorKind::kUnsupported,
                in_language("이 시스템에 이 인코딩의 변환표가 없습니다", "this system cannot convert this encoding"),
                where, "", encoding);
  }
  std::string text;
  std::string_view rest = bytes.substr(n_skipped);
  converter.convert(rest, text);
  if (!rest.empty()) return not_text(where, bytes, std::max(not_before, bytes.size() - rest.size()));
  return DecodedText{with_line_feeds(text), encoding, 0};
}

// Nothing where more bytes have no meaning than damage to a text explains.
std::optional<DecodedText> decode_with_gaps(std::string_view bytes, const char* encoding) {
  constexpr size_t kBytesOfADamaged = 1000;
  const size_t n_most = bytes.size() / kBytesOfADamaged;
  const Converter converter(encoding);
  if (!converter.is_known()) return std::nullopt;
  DecodedText text{"", encoding, 0};
  converter.convert(bytes, text.text);
  while (!bytes.empty()) {
    if (++text.n_damaged > n_most) return std::nullopt;
    text.text += "\xEF\xBF\xBD";
    bytes.remove_prefix(1);
    converter.convert(bytes, text.text);
  }
  text.text = with_line_feeds(text.text);
  return text;
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
  const size_t zero = bytes.find('\0');
  if (zero != std::string_view::npos) {
    const char* encoding = korean_utf16(bytes, 9);
    if (encoding == nullptr) encoding = utf16_with_zeros(bytes);
    return encoding != nullptr ? decode_as(bytes, 0, encoding, where) : not_text(where, bytes, zero);
  }
  if (is_iso_2022_kr(bytes)) return decode_as(bytes, 0, "ISO-2022-KR", where);
  const std::optional<size_t> broken = broken_utf8(bytes);
  if (!broken) return DecodedText{with_line_feeds(bytes), "UTF-8", 0};
  auto as_cp949 = decode_as(bytes, 0, "CP949", where, *broken);
  if (as_cp949) return as_cp949;
  constexpr size_t kFewest = 16;  // bytes that are no accident
  const char* encoding = bytes.size() >= kFewest ? korean_utf16(bytes, 10) : nullptr;
  return encoding != nullptr ? decode_as(bytes, 0, encoding, where) : as_cp949;
}

Result<DecodedText> decode_damaged_text(std::string_view bytes, const std::string& where) {
  auto whole = decode_text(bytes, where);
  const ByteOrderMark mark = byte_order_mark(bytes);
  const bool is_utf8_marked = mark.encoding != nullptr && mark.encoding == std::string_view("UTF-8");
  const bool is_other = is_pdf(bytes) || bytes.find('\0') != std::string_view::npos;
  if (whole || is_other || (mark.encoding != nullptr && !is_utf8_marked)) return whole;
  const std::string_view rest = bytes.substr(mark.n_bytes);
  std::optional<DecodedText> best = decode_with_gaps(rest, "UTF-8");
  if (!is_utf8_marked) {
    std::optional<DecodedText> as_cp949 = decode_with_gaps(rest, "CP949");
    if (!best || (as_cp949 && as_cp949->n_damaged < best->n_damaged)) best = std::move(as_cp949);
  }
  if (best) return std::move(*best);
  return whole;
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
