#include "app/text_file.h"

#include <array>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <iconv.h>

#include "app/input.h"
#include "app/report.h"
#include "base/utf8.h"

namespace hanok {
namespace {

struct Mark {
  std::string_view bytes;
  const char* encoding;  // as iconv names it
};
constexpr std::array<Mark, 3> kMarks = {
    {{"\xEF\xBB\xBF", "UTF-8"}, {"\xFF\xFE", "UTF-16LE"}, {"\xFE\xFF", "UTF-16BE"}}};

struct Converted {
  std::string text;
  std::optional<size_t> broken_at;  // byte of the input that could not be read
};

Result<Converted> convert(std::string_view bytes, const char* encoding, const std::string& name) {
  const iconv_t handle = iconv_open("UTF-8", encoding);
  if (handle == reinterpret_cast<iconv_t>(-1)) {
    return fail(ErrorKind::kUnsupported,
                in_language("이 시스템에 이 인코딩의 변환표가 없습니다", "this system cannot convert this encoding"),
                name, "", encoding);
  }
  const std::unique_ptr<void, int (*)(iconv_t)> closed(handle, iconv_close);
  Converted out;
  std::array<char, 1 << 14> buffer;
  char* in = const_cast<char*>(bytes.data());  // iconv does not write to it
  size_t n_left = bytes.size();
  while (n_left > 0) {
    char* to = buffer.data();
    size_t n_free = buffer.size();
    const size_t done = iconv(handle, &in, &n_left, &to, &n_free);
    out.text.append(buffer.data(), buffer.size() - n_free);
    if (done == static_cast<size_t>(-1) && errno != E2BIG) {
      out.broken_at = bytes.size() - n_left;
      break;
    }
  }
  return out;
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

std::string with_unix_line_ends(std::string_view text) {
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

tl::unexpected<Error> not_text(const std::string& name, std::string_view bytes, size_t at) {
  return fail(ErrorKind::kInvalidInput, in_language("글로 읽을 수 없습니다", "cannot be read as text"), name,
              in_language("UTF-8, UTF-16(BOM 있음), CP949 가운데 하나", "UTF-8, UTF-16 with its mark, or CP949"),
              is_pdf(bytes) ? "PDF"
                            : fmt::format(fmt::runtime(in_language("{}번째 바이트 0x{:02x}", "0x{1:02x} at byte {0}")),
                                          at, static_cast<uint8_t>(bytes[at])),
              in_language("글만 든 파일로 저장해 주세요", "save it as plain text"));
}

}  // namespace

Result<std::string> decode_text(std::string_view bytes, const std::string& name) {
  for (const Mark& mark : kMarks) {
    if (!bytes.starts_with(mark.bytes)) continue;
    HANOK_TRY(const Converted converted, convert(bytes.substr(mark.bytes.size()), mark.encoding, name));
    if (converted.broken_at) return not_text(name, bytes, *converted.broken_at + mark.bytes.size());
    return with_unix_line_ends(converted.text);
  }
  if (is_pdf(bytes)) return not_text(name, bytes, 0);
  if (const size_t nul = bytes.find('\0'); nul != std::string_view::npos) return not_text(name, bytes, nul);
  const std::optional<size_t> broken = broken_utf8(bytes);
  if (!broken) return with_unix_line_ends(bytes);
  HANOK_TRY(const Converted converted, convert(bytes, "CP949", name));
  if (converted.broken_at) return not_text(name, bytes, *broken);
  return with_unix_line_ends(converted.text);
}

Result<std::string> read_text_file(const std::filesystem::path& path) {
  HANOK_TRY(const std::string bytes, read_text(path));
  return decode_text(bytes, path == "-" ? in_language("표준 입력", "standard input") : path.string());
}

}  // namespace hanok
