#include "documents/encoding.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <iconv.h>

#include "base/locale.h"
#include "base/utf8.h"
#include "documents/bytes.h"

namespace hanok {
namespace {

struct Mark {
  std::string_view bytes;
  const char* encoding;
};
constexpr std::array<Mark, 3> kMarks = {
    {{"\xEF\xBB\xBF", "UTF-8"}, {"\xFF\xFE", "UTF-16LE"}, {"\xFE\xFF", "UTF-16BE"}}};

struct CloseConverter {
  void operator()(void* handle) const { iconv_close(handle); }
};

// Nothing when some bytes have no meaning in the encoding.
std::optional<std::string> convert(std::string_view bytes, const char* encoding) {
  const iconv_t handle = iconv_open("UTF-8", encoding);
  if (handle == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  const std::unique_ptr<void, CloseConverter> closed(handle);
  std::string out;
  std::array<char, 1 << 14> buffer;
  char* in = const_cast<char*>(bytes.data());  // iconv does not write to it
  size_t n_left = bytes.size();
  while (n_left > 0) {
    char* to = buffer.data();
    size_t n_free = buffer.size();
    const size_t done = iconv(handle, &in, &n_left, &to, &n_free);
    out.append(buffer.data(), buffer.size() - n_free);
    if (done == static_cast<size_t>(-1) && errno != E2BIG) return std::nullopt;
  }
  return out;
}

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

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t n = utf8_char_length(bytes);
    if (n == 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
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
  return cleaned_text(out);
}

tl::unexpected<Error> not_text(const std::string& where) {
  return fail(ErrorKind::kInvalidInput, in_language("글로 읽을 수 없습니다", "cannot be read as text"), where,
              in_language("UTF-8, CP949, UTF-16 가운데 하나", "UTF-8, CP949 or UTF-16"));
}

}  // namespace

Result<DecodedText> decode_plain_text(std::string_view bytes, const std::string& where) {
  const char* encoding = nullptr;
  for (const Mark& mark : kMarks) {
    if (!bytes.starts_with(mark.bytes)) continue;
    bytes.remove_prefix(mark.bytes.size());
    encoding = mark.encoding;
    break;
  }
  if (encoding == nullptr) encoding = unmarked_utf16(bytes);
  if (encoding == nullptr && bytes.find('\0') != std::string_view::npos) return not_text(where);
  if (encoding == nullptr) encoding = is_utf8(bytes) ? "UTF-8" : "CP949";
  const std::optional<std::string> text = convert(bytes, encoding);
  if (!text) return not_text(where);
  return DecodedText{with_line_feeds(*text), encoding};
}

}  // namespace hanok
