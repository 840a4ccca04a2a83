// A paragraph and a table while they are read, the same for all word processors' formats.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "documents/bytes.h"
#include "documents/document.h"

namespace hanok {

// Collects the text of one paragraph with its marks, and the objects that hang on it: a page's header stands before it
// in the document, everything else behind.
class ParagraphText {
 public:
  std::string text;
  std::vector<TextMark> marks;

  void begin_link(std::string target);
  void end_link();
  void call_note(const std::string& label);
  void add_equation(const std::string& script);
  // Whether the text is the script of one equation and nothing else.
  bool is_equation_alone() const { return n_equations_ == 1 && trim(text) == trim(equation_); }
  std::vector<DocumentBlock>& objects() { return after_; }
  // An object's blocks and the caption above or below it; an empty caption is none.
  void add_captioned(std::vector<DocumentBlock> blocks, std::string caption, bool is_above);
  void add_captioned(DocumentBlock block, std::string caption, bool is_above);
  void add_header(DocumentBlock block) { before_.push_back(std::move(block)); }

  // Appends the paragraph and its objects. An empty paragraph is a block of its own only where keeps_empty says so and
  // there are no objects.
  void finish(DocumentBlock block, bool keeps_empty, std::vector<DocumentBlock>& out);

 private:
  bool trimmed_is_empty() const;
  int n_equations_ = 0;
  std::string equation_;
  std::vector<size_t> open_links_;  // indexes of marks
  std::vector<DocumentBlock> before_, after_;
};

// Makes the table's size hold all its cells and sorts them. Error: kLimit for too many.
Status settle_table(DocumentTable& table, const std::string& where);

// The texts of the blocks, parted by line feeds; tables row by row.
std::string text_of_blocks(std::vector<DocumentBlock> blocks);

tl::unexpected<Error> too_deep(const std::string& where);
tl::unexpected<Error> too_many_blocks(const std::string& where);

}  // namespace hanok
