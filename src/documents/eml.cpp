#include "documents/eml.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/bytes.h"
#include "documents/dates.h"
#include "documents/flow.h"
#include "documents/html.h"
#include "documents/html_encoding.h"
#include "documents/limits.h"
#include "documents/mime.h"
#include "documents/plain_text.h"

namespace hanok {
namespace {

struct ShownHeader {
  std::string_view name;
  const char* shown;
};
constexpr auto kShownHeaders =
    std::to_array<ShownHeader>({{"from", "From"}, {"to", "To"}, {"cc", "Cc"}, {"date", "Date"}});

class EmlReader {
 public:
  explicit EmlReader(const std::string& where) : where_(where) {}

  Result<ReadDocument> read(std::string_view bytes) {
    const MimePart mail = read_mime_part(bytes);
    document_.format = "eml";
    document_.metadata.title = decode_header(mail.header("subject"));
    document_.metadata.author = decode_header(mail.header("from"));
    document_.metadata.created = utc_of_mail_date(mail.header("date"));
    HANOK_RETURN_IF_ERROR(read_mail(mail, 0));
    lay_out(document_);
    return std::move(document_);
  }

 private:
  Status read_mail(const MimePart& mail, size_t depth);
  Status read_part(const MimePart& part, size_t depth);
  Status read_multipart(const MimePart& part, size_t depth);
  Status read_alternatives(const std::vector<std::string_view>& parts, size_t depth);
  Status add_document(ReadDocument part);
  void name_attachment(const MimePart& part);
  void add(BlockKind kind, int level, std::string text);

  const std::string& where_;
  ReadDocument document_;
};

std::string name_of(const MimePart& part) {
  std::string name = part.parameter("content-disposition", "filename");
  return name.empty() ? part.parameter("content-type", "name") : name;
}

bool is_attachment(const MimePart& part) {
  std::string disposition(part.header("content-disposition").substr(0, 10));
  for (char& c : disposition) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return disposition == "attachment";
}

bool is_read_as_text(const std::string& type) {
  return type == "text/plain" || type == "text/html";
}

void EmlReader::add(BlockKind kind, int level, std::string text) {
  if (trim(text).empty()) return;
  DocumentBlock block;
  block.kind = kind;
  block.level = level;
  block.text = std::move(text);
  document_.blocks.push_back(std::move(block));
}

Status EmlReader::read_mail(const MimePart& mail, size_t depth) {
  add(BlockKind::kHeading, static_cast<int>(std::min<size_t>(depth + 1, 6)), decode_header(mail.header("subject")));
  std::string lines;
  for (const auto& [name, shown] : kShownHeaders) {
    const std::string value = decode_header(mail.header(name));
    if (!value.empty()) lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", shown, value);
  }
  add(BlockKind::kParagraph, 0, std::move(lines));
  return read_part(mail, depth);
}

Status EmlReader::read_part(const MimePart& part, size_t depth) {
  if (depth > kMaxNesting) return too_deep(where_);
  const std::string type = part.type();
  if (type.starts_with("multipart/")) return read_multipart(part, depth + 1);
  if (type == "message/rfc822") {
    const std::string inner = part.decoded_body();
    return read_mail(read_mime_part(inner), depth + 1);
  }
  if (is_attachment(part) || !is_read_as_text(type)) {
    name_attachment(part);
    return {};
  }
  const std::string bytes = part.decoded_body();
  const std::string charset = part.parameter("content-type", "charset");
  if (type == "text/plain") return add_document(read_plain_text(decode_mail_text(bytes, charset)));
  const std::string html = charset.empty() ? decode_html(bytes) : decode_mail_text(bytes, charset);
  HANOK_TRY(ReadDocument page, read_html_text(html, where_));
  return add_document(std::move(page));
}

Status EmlReader::read_multipart(const MimePart& part, size_t depth) {
  const std::vector<std::string_view> parts = split_multipart(part.body, part.parameter("content-type", "boundary"));
  if (part.type() == "multipart/alternative") return read_alternatives(parts, depth);
  for (const std::string_view bytes : parts) HANOK_RETURN_IF_ERROR(read_part(read_mime_part(bytes), depth));
  return {};
}

// The first that gives text, plain text before all others.
Status EmlReader::read_alternatives(const std::vector<std::string_view>& parts, size_t depth) {
  std::vector<MimePart> choices;
  for (const std::string_view bytes : parts) choices.push_back(read_mime_part(bytes));
  std::stable_partition(choices.begin(), choices.end(),
                        [](const MimePart& part) { return part.type() == "text/plain"; });
  const size_t n_before = document_.blocks.size();
  for (const MimePart& part : choices) {
    const std::string type = part.type();
    if (!is_read_as_text(type) && !type.starts_with("multipart/")) continue;  // a calendar's entry and the like
    HANOK_RETURN_IF_ERROR(read_part(part, depth));
    if (document_.blocks.size() > n_before) return {};
  }
  return {};
}

Status EmlReader::add_document(ReadDocument part) {
  if (document_.blocks.size() + part.blocks.size() > kMaxBlocks) return too_many_blocks(where_);
  std::move(part.blocks.begin(), part.blocks.end(), std::back_inserter(document_.blocks));
  return {};
}

void EmlReader::name_attachment(const MimePart& part) {
  const std::string name = name_of(part);
  if (name.empty() && !is_attachment(part)) return;  // a picture of the text
  add(BlockKind::kParagraph, 0, fmt::format("Attachment: {}", name.empty() ? part.type() : name));
}

}  // namespace

Result<ReadDocument> read_eml(std::string_view bytes, const std::string& where) {
  return EmlReader(where).read(bytes);
}

}  // namespace hanok
