// Mail as MIME parts: headers, bodies, encodings (RFC 2045 to 2047, 2231).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hanok {

struct MimePart {
  std::vector<std::pair<std::string, std::string>> headers;  // name in small letters; value on one line, as it came
  std::string_view body;                                     // of the bytes that were read

  // The first header of that name; empty where there is none.
  std::string_view header(std::string_view name) const;
  // "text/plain" where the part says nothing.
  std::string type() const;
  // A parameter of a header, as UTF-8.
  std::string parameter(std::string_view header_name, std::string_view name) const;
  // The body without its transfer encoding (base64, quoted-printable).
  std::string decoded_body() const;
};

// Splits headers and body. Never fails: what is no header ends them.
MimePart read_mime_part(std::string_view bytes);
// The parts between the boundary's lines; at most kMaxArchiveMembers.
std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary);

// A header's text with its encoded words ("=?euc-kr?B?…?=") decoded; other bytes are UTF-8 or CP949.
std::string decode_header(std::string_view value);
// Bytes in the encoding that a mail names, or that they look like where it names none that is known.
std::string decode_mail_text(std::string_view bytes, std::string_view encoding);

// Whether the bytes begin like a mail: header lines, some of them mail's own. With `is_named_so` one of them is enough.
bool looks_like_mail(std::string_view bytes, bool is_named_so);

}  // namespace hanok
