#include "documents/html.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "documents/bytes.h"
#include "documents/html_encoding.h"
#include "documents/html_reader.h"
#include "documents/limits.h"

namespace hanok {
namespace {

constexpr auto kBlocks = std::to_array<std::string_view>(
    {"address", "article", "aside", "blockquote", "body",   "center", "dd",      "details", "dialog", "dir",
     "div",     "dl",      "dt",    "fieldset",   "figure", "footer", "form",    "header",  "hr",     "html",
     "legend",  "main",    "menu",  "nav",        "option", "p",      "section", "summary"});
// What no reader sees, with all that is inside.
constexpr auto kSkipped =
    std::to_array<std::string_view>({"template", "noscript", "svg", "datalist", "object", "audio", "video", "rp"});
constexpr auto kVoid = std::to_array<std::string_view>(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"});

// Elements whose end is often left out, so that "hidden" on them says little about where it ends.
constexpr auto kLeftOpen = std::to_array<std::string_view>(
    {"p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "head", "body", "html"});

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<ReadDocument> HtmlReader::read() {
  document_.format = "html";
  HtmlToken token;
  while (tokens_.next(token)) {
    if (skips(token)) continue;
    if (token.kind == HtmlToken::Kind::kText) {
      add_text(token.text);
    } else if (token.kind == HtmlToken::Kind::kStartTag) {
      HANOK_RETURN_IF_ERROR(begin(token));
      // XHTML closes what HTML leaves open.
      if (token.is_closed && !is_one_of(token.name, kVoid)) HANOK_RETURN_IF_ERROR(end(token));
    } else {
      HANOK_RETURN_IF_ERROR(end(token));
    }
  }
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  n_ignored_tables_ = 0;
  while (!tables_.empty()) HANOK_RETURN_IF_ERROR(end_table());
  while (!notes_.empty()) HANOK_RETURN_IF_ERROR(end_note());
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  document_.blocks = std::move(frames_.front().blocks);
  document_.metadata.title = trim(document_.metadata.title);
  return std::move(document_);
}

// Elements that are skipped may hold others of their name.
bool HtmlReader::skips(const HtmlToken& token) {
  const bool is_start = token.kind == HtmlToken::Kind::kStartTag;
  if (n_skipped_ == 0) {
    if (!is_start || token.is_closed || is_one_of(token.name, kVoid)) return false;
    const bool is_hidden = token.has("hidden") && !is_one_of(token.name, kLeftOpen);
    if (!is_hidden && !is_one_of(token.name, kSkipped)) return false;
    skipped_ = token.name;
    n_skipped_ = 1;
    return true;
  }
  // The end of "rp" is often left out.
  const bool is_beyond =
      (is_start && token.name == "rt") || (token.kind == HtmlToken::Kind::kEndTag && token.name == "ruby");
  if (skipped_ == "rp" && is_beyond) {
    n_skipped_ = 0;
    return false;
  }
  if (token.kind != HtmlToken::Kind::kText && token.name == skipped_ && !token.is_closed) {
    if (is_start)
      ++n_skipped_;
    else
      --n_skipped_;
  }
  return true;
}

void HtmlReader::add_pending_space() {
  std::string& text = frame().paragraph.text;
  if (has_space_ && !text.empty() && text.back() != '\n' && text.back() != ' ') text += ' ';
  has_space_ = false;
}

void HtmlReader::add_text(std::string_view text) {
  if (is_title_) {
    document_.metadata.title += cleaned_text(text);
    return;
  }
  std::string piece;
  const auto flush = [&] {
    if (piece.empty()) return;
    add_pending_space();
    frame().paragraph.text += cleaned_text(piece);
    piece.clear();
  };
  constexpr std::string_view kHardSpace = "\xC2\xA0", kSoftHyphen = "\xC2\xAD";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
    if (is_space && n_pre_ == 0) {
      flush();
      has_space_ = true;
    } else if (text.substr(i).starts_with(kHardSpace)) {
      piece += ' ';
      ++i;
    } else if (text.substr(i).starts_with(kSoftHyphen)) {
      ++i;
    } else if (c != '\r' && (c != '\n' || !piece.empty() || !frame().paragraph.text.empty())) {
      piece += c;
    }
  }
  flush();
}

Status HtmlReader::finish_paragraph() {
  Frame& now = frame();
  has_space_ = false;
  DocumentBlock block;
  block.kind = now.kind;
  block.level = now.level;
  const bool is_empty = trim(now.paragraph.text).empty();
  if (!is_empty) block.text = std::exchange(now.item_mark, {});
  if (!is_empty && ++n_blocks_ > kMaxBlocks) return too_many_blocks(where_);
  std::exchange(now.paragraph, {}).finish(std::move(block), false, now.blocks);
  return {};
}

void HtmlReader::begin_kind(BlockKind kind, int level) {
  frame().kind = kind;
  frame().level = level;
}

Status HtmlReader::begin(const HtmlToken& tag) {
  const std::string& name = tag.name;
  if (name == "title" && frames_.size() == 1 && document_.metadata.title.empty()) {
    is_title_ = true;
    return {};
  }
  if (begin_inline(tag)) return {};
  const bool is_heading = name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
  if (name == "table" || name == "tr" || name == "td" || name == "th" || name == "caption")
    return begin_table_part(tag);
  if (is_heading || name == "figcaption" || name == "pre" || name == "li" || name == "ul" || name == "ol" ||
      is_one_of(name, kBlocks))
    HANOK_RETURN_IF_ERROR(finish_paragraph());
  if (is_heading) {
    // A heading's level says nothing inside of a table.
    if (tables_.empty()) begin_kind(BlockKind::kHeading, name[1] - '0');
  } else if (name == "figcaption") {
    begin_kind(BlockKind::kCaption, 0);
  } else if (name == "pre") {
    ++n_pre_;
  } else if (name == "aside") {
    begin_note(tag);
  } else {
    begin_list_part(tag);
  }
  return {};
}

bool HtmlReader::begin_list_part(const HtmlToken& tag) {
  if (tag.name == "ul" || tag.name == "ol" || tag.name == "menu" || tag.name == "dir") {
    lists_.push_back({tag.name == "ol", html_number(tag.attribute("start"), 1)});
    if (lists_.size() > kMaxXmlDepth) lists_.pop_back();  // deeper ones count on in the last
    return true;
  }
  if (tag.name != "li") return false;
  if (lists_.empty() || !lists_.back().is_ordered) {
    frame().item_mark = "• ";
  } else {
    OpenList& list = lists_.back();
    const uint32_t number = html_number(tag.attribute("value"), list.next);
    frame().item_mark = fmt::format("{}. ", number);
    list.next = number + 1;
  }
  return true;
}

bool HtmlReader::begin_inline(const HtmlToken& tag) {
  ParagraphText& paragraph = frame().paragraph;
  if (tag.name == "br") {
    has_space_ = false;
    if (!paragraph.text.empty()) paragraph.text += '\n';
  } else if (tag.name == "a") {
    const std::string_view target = tag.attribute("href");
    const bool is_note = tag.attribute("epub:type") == "noteref" && target.starts_with('#');
    add_pending_space();
    paragraph.end_link();  // links do not nest
    if (is_note)
      paragraph.call_note(cleaned_text(target.substr(1)));
    else if (!target.empty() && !target.starts_with('#'))
      paragraph.begin_link(cleaned_text(target));
  } else if (tag.name == "rt") {
    paragraph.text += '(';
    is_reading_ = true;
  } else if (tag.name == "meta") {
    read_meta(tag);
  } else {
    return false;
  }
  return true;
}

bool HtmlReader::end_inline(std::string_view name) {
  if (name == "a") {
    frame().paragraph.end_link();
  } else if (name == "rt" || name == "ruby") {
    if (std::exchange(is_reading_, false)) frame().paragraph.text += ')';
  } else if (name == "title") {
    is_title_ = false;
  } else {
    return false;
  }
  return true;
}

Status HtmlReader::end(const HtmlToken& tag) {
  const std::string& name = tag.name;
  if (end_inline(name)) return {};
  if (name == "td" || name == "th") return end_cell();
  if (name == "table" && n_ignored_tables_ > 0) {
    --n_ignored_tables_;
    return finish_paragraph();
  }
  if (name == "table") return end_table();
  if (name == "tr") {
    HANOK_RETURN_IF_ERROR(end_cell());
    if (!tables_.empty() && n_ignored_tables_ == 0) tables_.back().grid.end_row();
    return {};
  }
  const bool is_heading = name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
  const bool is_list = name == "ul" || name == "ol" || name == "menu" || name == "dir";
  if (!is_heading && !is_list && name != "figcaption" && name != "caption" && name != "pre" && name != "li" &&
      !is_one_of(name, kBlocks))
    return {};
  HANOK_RETURN_IF_ERROR(finish_paragraph());
  if (is_heading || name == "figcaption" || name == "caption") begin_kind(BlockKind::kParagraph, 0);
  if (name == "pre" && n_pre_ > 0) --n_pre_;
  if (name == "li") frame().item_mark.clear();
  if (is_list && !lists_.empty()) lists_.pop_back();
  return name == "aside" ? end_note() : Status();
}

void HtmlReader::read_meta(const HtmlToken& tag) {
  const std::string_view name = tag.attribute("name");
  const std::string value(trim(cleaned_text(tag.attribute("content"))));
  if (name == "author") document_.metadata.author = value;
  if (name == "description") document_.metadata.subject = value;
  if (name == "keywords") document_.metadata.keywords = value;
}

Result<ReadDocument> read_html_text(std::string_view html, const std::string& where) {
  return HtmlReader(html, where).read();
}

Result<ReadDocument> read_html(std::string_view bytes, const std::string& where) {
  const std::string html = decode_html(bytes);
  HANOK_TRY(ReadDocument document, read_html_text(html, where));
  lay_out(document);
  return document;
}

}  // namespace hanok
