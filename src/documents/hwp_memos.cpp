// Memos of HWP 5: fields call them in the text, their paragraphs stand behind those of the last section.
#include <fmt/format.h>

#include "documents/bytes.h"
#include "documents/hwp_body.h"
#include "documents/hwp_control.h"

namespace hanok {
namespace {

// A call to what is not there must not be shown.
void erase_calls(const std::string& label, std::vector<DocumentBlock>& blocks) {
  for (DocumentBlock& block : blocks) {
    std::erase_if(block.marks,
                  [&](const TextMark& mark) { return mark.kind == TextMark::Kind::kNote && mark.target == label; });
    for (TableCell& cell : block.table.cells) erase_calls(label, cell.blocks);
  }
}

}  // namespace

size_t HwpBody::first_memo() const {
  size_t idx = 0;
  while (idx < records_->count() && (*records_)[idx].tag != kHwpMemoList) ++idx;
  return idx;
}

Status HwpBody::read_memos(size_t begin) {
  const HwpRecords& records = *records_;
  uint32_t memo_id = 0;
  for (size_t i = begin; i < records.count();) {
    if (records[i].tag == kHwpMemoList) memo_id = read_u32(records.data(i), 0);
    if (records[i].tag != kHwpListHeader) {
      ++i;
      continue;
    }
    std::vector<DocumentBlock> inside;
    List list{inside, 1, false, nullptr};
    HANOK_RETURN_IF_ERROR(read_list(i + 1, records.count(), list, i));
    memos_.emplace(memo_id, text_of_blocks(std::move(inside)));
  }
  return {};
}

// Hangul gives the field of a memo an unknown kind and a command that begins with its name.
void HwpBody::call_memo(std::string_view control_header, ParagraphText& out) {
  const std::optional<uint32_t> memo_id = memo_of_field(control_header);
  if (!memo_id || memo_labels_.contains(*memo_id)) return;
  DocumentBlock note;
  note.kind = BlockKind::kNote;
  note.label = fmt::format("m{}", memo_labels_.size() + 1);
  memo_labels_.emplace(*memo_id, note.label);
  out.call_note(note.label);
  pending_notes_.push_back(std::move(note));  // its text comes with the last section
}

void HwpBody::settle_memos() {
  std::map<std::string, std::string> texts;
  for (const auto& [id, label] : memo_labels_) texts.emplace(label, memos_[id]);
  for (DocumentBlock& block : blocks)
    if (const auto text = texts.find(block.label); block.kind == BlockKind::kNote && text != texts.end())
      block.text = text->second;
  for (const auto& [label, text] : texts)
    if (text.empty()) erase_calls(label, blocks);
  std::erase_if(blocks, [&](const DocumentBlock& block) {
    return block.kind == BlockKind::kNote && block.text.empty() && texts.contains(block.label);
  });
  for (auto& [id, text] : memos_) {  // that no field called
    if (text.empty() || memo_labels_.contains(id)) continue;
    DocumentBlock note;
    note.kind = BlockKind::kNote;
    note.label = fmt::format("m{}", memo_labels_.size() + 1);
    note.text = std::move(text);
    memo_labels_.emplace(id, note.label);
    blocks.push_back(std::move(note));
  }
}

}  // namespace hanok
