// The JSON of a document.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "documents/render.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

// Characters before each byte, asked for in any order: one count per kStride bytes is kept.
class CharacterCount {
 public:
  explicit CharacterCount(std::string_view text) : text_(text) {
    size_t n = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (i % kStride == 0) before_.push_back(n);
      n += begins_character(text[i]);
    }
    before_.push_back(n);
  }
  size_t before(size_t byte) const {
    const size_t stride = std::min(byte, text_.size()) / kStride;
    size_t n = before_[stride];
    for (size_t i = stride * kStride; i < std::min(byte, text_.size()); ++i) n += begins_character(text_[i]);
    return n;
  }

 private:
  static constexpr size_t kStride = 256;
  static bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }
  std::string_view text_;
  std::vector<size_t> before_;
};

const char* name_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::kHeading:
      return "heading";
    case BlockKind::kParagraph:
      return "paragraph";
    case BlockKind::kTable:
      return "table";
    case BlockKind::kCaption:
      return "caption";
    case BlockKind::kNote:
      return "note";
    case BlockKind::kEquation:
      return "equation";
    case BlockKind::kHeader:
      return "header";
    case BlockKind::kFooter:
      return "footer";
  }
  return "";
}

Json block_json(const DocumentBlock& block, const CharacterCount& count);

Json table_json(const DocumentTable& table, const CharacterCount& count) {
  Json cells = Json::array();
  for (const TableCell& cell : table.cells) {
    Json blocks = Json::array();
    for (const DocumentBlock& block : cell.blocks) blocks.push_back(block_json(block, count));
    cells.push_back({{"row", cell.row},
                     {"column", cell.column},
                     {"row_span", cell.row_span},
                     {"column_span", cell.column_span},
                     {"text", cell_text(cell)},
                     {"blocks", std::move(blocks)}});
  }
  return {{"n_rows", table.n_rows}, {"n_columns", table.n_columns}, {"cells", std::move(cells)}};
}

Json block_json(const DocumentBlock& block, const CharacterCount& count) {
  Json json = {{"kind", name_of(block.kind)}};
  if (block.kind == BlockKind::kHeading) json["level"] = block.level;
  if (block.kind == BlockKind::kNote) json["label"] = block.label;
  if (block.page.certainty != PageCertainty::kNone) {
    json["page"] = block.page.number;
    json["page_is"] = block.page.certainty == PageCertainty::kExact ? "exact" : "approximate";
  }
  json["begin"] = count.before(block.range.begin);
  json["end"] = count.before(block.range.end);
  if (block.kind == BlockKind::kTable) {
    json["table"] = table_json(block.table, count);
    return json;
  }
  json["text"] = block.text;
  const CharacterCount inside(block.text);
  for (const TextMark& mark : block.marks)
    json["marks"].push_back({{"kind", mark.kind == TextMark::Kind::kLink ? "link" : "note"},
                             {"begin", inside.before(mark.begin)},
                             {"end", inside.before(mark.end)},
                             {"target", mark.target}});
  return json;
}

}  // namespace

std::string render_json(const ReadDocument& document) {
  const CharacterCount count(document.text);
  Json json = {{"format", document.format},
               {"title", document.metadata.title},
               {"subject", document.metadata.subject},
               {"author", document.metadata.author},
               {"keywords", document.metadata.keywords},
               {"created", document.metadata.created},
               {"modified", document.metadata.modified},
               {"n_pages", document.n_pages},
               {"warnings", document.warnings},
               {"text", document.text}};
  json["blocks"] = Json::array();
  for (const DocumentBlock& block : document.blocks) json["blocks"].push_back(block_json(block, count));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hanok
