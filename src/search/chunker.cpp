#include "search/chunker.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "documents/bytes.h"
#include "search/sentences.h"
#include "text/unicode.h"

namespace hanok {
namespace {

constexpr size_t kMostHeadingBytes = 300;  // of one heading in the path

// The smallest part that is never cut: a sentence, a table's row, a heading.
struct Piece {
  TextSpan span;
  size_t n_chars = 0;
  size_t block_idx = 0;
  size_t heading_idx = 0;  // of Pieces::headings
  bool is_heading = false;
};

size_t count_chars(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string shortened(std::string_view text) {
  if (text.size() > kMostHeadingBytes) text = text.substr(0, complete_utf8_prefix(text.substr(0, kMostHeadingBytes)));
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

class Pieces {
 public:
  Pieces(const ReadDocument& document, const ChunkOptions& options) : document_(document), options_(options) {
    for (size_t i = 0; i < document.blocks.size(); ++i) add_block(i);
  }
  const std::vector<Piece>& pieces() const { return pieces_; }
  const std::string& heading(const Piece& piece) const { return headings_[piece.heading_idx]; }

 private:
  struct Heading {
    int level = 0;
    std::string text;
  };

  std::string_view text_of(TextSpan span) const {
    return std::string_view(document_.text).substr(span.begin, span.end - span.begin);
  }

  void add_block(size_t block_idx) {
    const DocumentBlock& block = document_.blocks[block_idx];
    const TextSpan span{block.range.begin, block.range.end};
    if (span.begin >= span.end || span.end > document_.text.size()) return;
    if (block.kind == BlockKind::kHeading) {
      while (!open_.empty() && open_.back().level >= block.level) open_.pop_back();
      open_.push_back({block.level, shortened(block.text)});
      set_heading("");
      add_cut(span, block_idx, true);
    } else if (block.kind == BlockKind::kTable) {
      add_rows(span, block_idx);
    } else {
      for (const TextSpan s : split_sentences(text_of(span)))
        add_cut({span.begin + s.begin, span.begin + s.end}, block_idx, false);
    }
  }

  // Rows below the first stand under it, so that what begins inside a table still has its columns' names.
  void add_rows(TextSpan table, size_t block_idx) {
    std::string first_row;
    for (size_t begin = table.begin; begin < table.end;) {
      const size_t end = std::min(document_.text.find('\n', begin), table.end);
      add_cut({begin, end}, block_idx, false);
      if (first_row.empty()) {
        first_row = shortened(trim(text_of({begin, end})));
        set_heading(first_row);
      }
      begin = end + 1;
    }
    set_heading("");
  }

  void set_heading(const std::string& last) {
    std::string path;
    for (const Heading& h : open_) path += (path.empty() ? "" : " › ") + h.text;
    if (!last.empty()) path += (path.empty() ? "" : " › ") + last;
    if (path != headings_.back()) headings_.push_back(std::move(path));
  }

  // A piece, in parts where it is longer than a passage may be.
  void add_cut(TextSpan span, size_t block_idx, bool is_heading) {
    while (span.begin < span.end) {
      const size_t end = end_of_part(span);
      const std::string_view part = text_of({span.begin, end});
      const std::string_view trimmed = trim(part);
      if (!trimmed.empty()) {
        const size_t begin = span.begin + static_cast<size_t>(trimmed.data() - part.data());
        pieces_.push_back(
            {{begin, begin + trimmed.size()}, count_chars(trimmed), block_idx, headings_.size() - 1, is_heading});
      }
      span.begin = end;
    }
  }

  // At most options.most characters on; behind the last white space of the second half where there is one.
  size_t end_of_part(TextSpan span) const {
    const std::string_view text = text_of(span);
    size_t n_chars = 0, at = 0, last_space = 0;
    while (at < text.size() && n_chars < options_.most) {
      if (n_chars >= options_.most / 2 && is_white_space(utf8_code_point(text.substr(at)))) last_space = at;
      at += char_bytes(text[at]);
      ++n_chars;
    }
    if (at >= text.size()) return span.end;
    return span.begin + (last_space > 0 ? last_space : at);
  }

  const ReadDocument& document_;
  const ChunkOptions& options_;
  std::vector<Heading> open_;
  std::vector<std::string> headings_{""};
  std::vector<Piece> pieces_;
};

class Chunker {
 public:
  Chunker(const ReadDocument& document, const ChunkOptions& options)
      : document_(document), options_(options), pieces_(document, options) {}

  std::vector<NewChunk> run() {
    const std::vector<Piece>& all = pieces_.pieces();
    for (size_t i = 0; i < all.size(); ++i) {
      if (i > first_new_ && closes_before(all[i], all[i - 1])) close(i);
      n_chars_ += all[i].n_chars + 1;
    }
    if (first_new_ < all.size()) close(all.size());
    return std::move(chunks_);
  }

 private:
  bool closes_before(const Piece& piece, const Piece& last) const {
    if (n_chars_ + piece.n_chars > options_.most || ends_with_page(piece, last)) return true;
    if (piece.is_heading) return !last.is_heading && n_chars_ >= options_.least_section;
    return piece.block_idx != last.block_idx && !last.is_heading && n_chars_ >= options_.enough;
  }

  const BlockPage& page_of(const Piece& piece) const { return document_.blocks[piece.block_idx].page; }

  // Slides and sheets are wholes; else pages may be joined in the order of their numbers.
  bool ends_with_page(const Piece& piece, const Piece& last) const {
    const int page = page_of(piece).number, last_page = page_of(last).number;
    if (page == 0 || last_page == 0) return false;
    return document_.page_flow == PageFlow::kWholes ? page != last_page : page < last_page;
  }

  // The passage of pieces [first_, end); the next begins with the last sentence of this one where a paragraph is cut.
  void close(size_t end) {
    const std::vector<Piece>& all = pieces_.pieces();
    add(std::span(all).subspan(first_, end - first_), all[first_new_]);
    const bool is_cut = end < all.size() && all[end].block_idx == all[end - 1].block_idx && !all[end].is_heading &&
                        document_.blocks[all[end].block_idx].kind != BlockKind::kTable;
    const bool shares = is_cut && end - 1 > first_ && all[end - 1].n_chars <= options_.most_overlap &&
                        all[end - 1].n_chars + all[end].n_chars <= options_.most;
    first_ = shares ? end - 1 : end;
    n_chars_ = shares ? all[end - 1].n_chars + 1 : 0;
    first_new_ = end;
  }

  // Of a block that flows over pages only the first is known: what begins within it is somewhere up to where the next
  // block begins.
  bool begins_within_flow(const Piece& first) const {
    return document_.page_flow == PageFlow::kFlows && first.span.begin > document_.blocks[first.block_idx].range.begin;
  }

  void set_pages(std::span<const Piece> pieces, NewChunk& chunk) const {
    for (const Piece& piece : pieces) {
      const BlockPage& page = page_of(piece);
      if (page.number <= 0) continue;
      if (chunk.page.number == 0) chunk.page = page;
      if (page.certainty == PageCertainty::kApproximate) chunk.page.certainty = page.certainty;
      chunk.last_page = page.number;
    }
    const size_t next = pieces.back().block_idx + 1;
    if (pieces.front().block_idx + 1 != next || !begins_within_flow(pieces.front())) return;
    const int next_page = next < document_.blocks.size() ? document_.blocks[next].page.number : document_.n_pages;
    if (chunk.last_page == 0 || next_page <= chunk.last_page) return;
    chunk.last_page = next_page;
    chunk.page.certainty = PageCertainty::kApproximate;
  }

  void add(std::span<const Piece> pieces, const Piece& named_by) {
    const size_t begin = pieces.front().span.begin, end = pieces.back().span.end;
    const std::string text = document_.text.substr(begin, end - begin);
    bool says_something = false;
    for_each_term(fold_text(text), [&](std::string_view) { says_something = true; });
    if (!says_something) return;
    n_before_ +=
        count_chars(std::string_view(document_.text).substr(counted_to_, std::max(begin, counted_to_) - counted_to_));
    if (begin < counted_to_)
      n_before_ -= count_chars(std::string_view(document_.text).substr(begin, counted_to_ - begin));
    counted_to_ = begin;
    NewChunk chunk;
    chunk.begin = static_cast<uint32_t>(n_before_);
    chunk.end = static_cast<uint32_t>(n_before_ + count_chars(text));
    chunk.text = text;
    chunk.heading = pieces_.heading(named_by);
    set_pages(pieces, chunk);
    chunks_.push_back(std::move(chunk));
  }

  const ReadDocument& document_;
  const ChunkOptions& options_;
  Pieces pieces_;
  std::vector<NewChunk> chunks_;
  size_t first_ = 0;      // piece of the passage being made
  size_t first_new_ = 0;  // the first that no passage holds yet
  size_t n_chars_ = 0;
  size_t counted_to_ = 0, n_before_ = 0;  // bytes of the text and the characters in them
};

}  // namespace

std::vector<NewChunk> chunk_document(const ReadDocument& document, const ChunkOptions& options) {
  return Chunker(document, options).run();
}

}  // namespace hanok
