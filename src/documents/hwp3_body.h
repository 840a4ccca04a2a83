// The lists of paragraphs in an HWP 3.0 document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "documents/document.h"
#include "documents/flow.h"

namespace hanok {

class Hwp3Body {
 public:
  // `bytes` is the body, inflated, and outlives this.
  Hwp3Body(std::string_view bytes, const std::string& where) : rest_(bytes), where_(where) {}

  // Errors: kCorruptFile where the bytes end or make no sense, with what was read before left in `blocks`; kLimit.
  Status read();

  std::vector<DocumentBlock> blocks;
  int n_hidden_comments = 0;
  int n_unknown_characters = 0;
  int n_broken_drawings = 0;

 private:
  struct Paragraph {
    ParagraphText text;
    std::vector<DocumentBlock> notes;
  };
  Status read_list(size_t depth, std::vector<DocumentBlock>& out);
  Status read_characters(uint16_t n_units, size_t depth, Paragraph& out);
  Status read_control(uint16_t code, size_t depth, Paragraph& out);
  Status read_small_control(uint16_t code, size_t n_bytes, Paragraph& out);
  Status read_box(size_t depth, Paragraph& out);
  Status read_picture(size_t depth, Paragraph& out);
  Status read_drawing(std::string_view content, size_t depth, Paragraph& out);
  Status read_note(size_t depth, Paragraph& out);
  Status read_margin(size_t depth, Paragraph& out);
  Status add_caption(size_t depth, Paragraph& out);
  Result<std::string_view> take(size_t n_bytes);
  tl::unexpected<Error> broken() const;

  std::string_view rest_;
  const std::string& where_;
  uint32_t n_footnotes_ = 0, n_endnotes_ = 0;
  size_t n_blocks_ = 0;
  std::vector<DocumentBlock> footers_;  // for the document's end
};

}  // namespace hanok
