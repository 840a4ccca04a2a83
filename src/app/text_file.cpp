#include "app/text_file.h"

#include "app/input.h"
#include "app/report.h"
#include "base/text_encoding.h"

namespace hanok {

Result<std::string> read_text_file(const std::filesystem::path& path) {
  HANOK_TRY(const std::string bytes, read_text(path));
  HANOK_TRY(DecodedText decoded,
            decode_text(bytes, path == "-" ? in_language("표준 입력", "standard input") : path.string()));
  return std::move(decoded.text);
}

}  // namespace hanok
