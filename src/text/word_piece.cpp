#include "text/word_piece.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hanok {
namespace {

PieceTrie trie_of(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, int32_t>> pieces;
  for (int32_t id = 0; id < vocabulary.size(); ++id) pieces.emplace_back(vocabulary.piece(id), id);
  return PieceTrie(std::move(pieces));
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

}  // namespace

WordPiece::WordPiece(std::shared_ptr<const Vocabulary> vocabulary, int32_t unknown, std::string_view first_prefix,
                     std::string_view continuing_prefix, size_t longest_word)
    : vocabulary_(std::move(vocabulary)),
      trie_(trie_of(*vocabulary_)),
      unknown_(unknown),
      first_node_(trie_.walk(0, first_prefix)),
      continuing_node_(trie_.walk(0, continuing_prefix)),
      longest_word_(longest_word) {}

Status WordPiece::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  const size_t first = ids.size();
  bool whole = count_characters(piece) <= longest_word_;
  int32_t node = first_node_;
  for (std::string_view rest = piece; whole && !rest.empty(); node = continuing_node_) {
    size_t n_longest = 0;
    int32_t id = -1;
    if (node != PieceTrie::kNoNode) {
      trie_.prefixes(node, rest, [&](size_t n_bytes, int32_t value) {
        // A piece that ends inside a character does not count.
        if (n_bytes < rest.size() && (static_cast<uint8_t>(rest[n_bytes]) & 0xc0) == 0x80) return;
        n_longest = n_bytes;
        id = value;
      });
    }
    whole = id >= 0;
    if (whole) ids.push_back(id);
    rest.remove_prefix(n_longest);
  }
  if (!whole) {
    ids.resize(first);
    ids.push_back(unknown_);
  }
  return {};
}

Status WordLevel::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  const int32_t id = vocabulary_->find(piece);
  if (id < 0 && unknown_ < 0) {
    return fail(ErrorKind::kUnsupported, "a word is not in the vocabulary and the model has no token for unknowns",
                std::string(piece.substr(0, 80)));
  }
  ids.push_back(id < 0 ? unknown_ : id);
  return {};
}

}  // namespace hanok
