#include "text/bpe.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "text/byte_level.h"
#include "text/unicode.h"

namespace hanok {
namespace {

// The pieces as raw bytes; those that are not written in the byte-level alphabet can never be met and become holes.
std::shared_ptr<const Vocabulary> in_bytes(const Vocabulary& vocabulary) {
  std::vector<std::string> pieces;
  pieces.reserve(vocabulary.pieces().size());
  for (const std::string& piece : vocabulary.pieces()) pieces.push_back(from_byte_level(piece).value_or(""));
  return std::make_shared<const Vocabulary>(std::move(pieces));
}

Status add_merges(const Vocabulary& vocabulary, const std::vector<std::pair<std::string, std::string>>& merges,
                  size_t n_prefix, MergeTable& table) {
  table.reserve(merges.size());
  uint32_t rank = 0;
  std::string merged;
  for (const auto& [left, right] : merges) {
    merged = left;
    merged += std::string_view(right).substr(std::min(n_prefix, right.size()));
    const int32_t l = vocabulary.find(left), r = vocabulary.find(right), m = vocabulary.find(merged);
    if (l < 0 || r < 0 || m < 0) {
      return fail(ErrorKind::kCorruptFile, "merge names a token that is not in the vocabulary",
                  fmt::format("merge {}", rank), "", left + " " + right);
    }
    table.add(l, r, {m, rank});
    ++rank;
  }
  return {};
}

}  // namespace

std::array<int32_t, 256> byte_fallback_ids(const Vocabulary& vocabulary) {
  std::array<int32_t, 256> ids{};
  for (size_t b = 0; b < 256; ++b) ids[b] = vocabulary.find(fmt::format("<0x{:02X}>", b));
  return ids;
}

bool all_bytes_known(const std::array<int32_t, 256>& ids) {
  return std::all_of(ids.begin(), ids.end(), [](int32_t id) { return id >= 0; });
}

bool Bpe::has_all_bytes(const Vocabulary& vocabulary) {
  for (size_t b = 0; b < 256; ++b) {
    const char byte = static_cast<char>(b);
    if (vocabulary.find(to_byte_level({&byte, 1})) < 0) return false;
  }
  return true;
}

Result<std::unique_ptr<Bpe>> Bpe::make(std::shared_ptr<const Vocabulary> vocabulary,
                                       const std::vector<std::pair<std::string, std::string>>& merges,
                                       BpeOptions options) {
  auto bpe = std::make_unique<Bpe>();
  HANOK_RETURN_IF_ERROR(add_merges(*vocabulary, merges, options.continuing_prefix.size(), bpe->merges_));
  bpe->whole_ = std::make_unique<std::atomic<uint8_t>[]>(static_cast<size_t>(vocabulary->size()));
  if (options.on_bytes) {
    bpe->vocabulary_ = in_bytes(*vocabulary);
    for (size_t b = 0; b < 256; ++b) {
      const char byte = static_cast<char>(b);
      bpe->byte_ids_[b] = bpe->vocabulary_->find({&byte, 1});
    }
  } else {
    bpe->byte_ids_ = byte_fallback_ids(*vocabulary);
    bpe->vocabulary_ = std::move(vocabulary);
    const bool plain = options.continuing_prefix.empty() && options.end_suffix.empty();
    const bool all_known = options.unknown || (options.byte_fallback && all_bytes_known(bpe->byte_ids_));
    if (plain && all_known) bpe->cuts_ = WordCuts(*bpe->vocabulary_);  // else characters could meet across dropped ones
  }
  bpe->options_ = std::move(options);
  return bpe;
}

bool Bpe::add_bytes(std::string_view text, std::vector<int32_t>& symbols) const {
  const auto id_of = [this](char c) { return byte_ids_[static_cast<uint8_t>(c)]; };
  if (std::any_of(text.begin(), text.end(), [&](char c) { return id_of(c) < 0; })) return false;
  for (const char c : text) symbols.push_back(id_of(c));
  return true;
}

void Bpe::add_characters(std::string_view piece, std::vector<int32_t>& symbols) const {
  std::string written;
  bool after_unknown = false;
  for (size_t at = 0; at < piece.size();) {
    const std::string_view bytes = piece.substr(at, char_bytes(piece[at]));
    std::string_view character = bytes;
    if (!options_.continuing_prefix.empty() || !options_.end_suffix.empty()) {
      written = at == 0 ? "" : options_.continuing_prefix;
      written += bytes;
      if (at + bytes.size() == piece.size()) written += options_.end_suffix;
      character = written;
    }
    at += bytes.size();
    if (const int32_t id = vocabulary_->find(character); id >= 0) {
      symbols.push_back(id);
      after_unknown = false;
    } else if (options_.byte_fallback && add_bytes(character, symbols)) {
      after_unknown = false;
    } else if (options_.unknown) {
      if (!after_unknown || !options_.fuse_unknown) symbols.push_back(*options_.unknown);
      after_unknown = true;
    }
  }
}

Status Bpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  const int32_t id = options_.ignore_merges ? vocabulary_->find(piece) : -1;
  if (id >= 0) {
    ids.push_back(id);
  } else {
    cuts_.each(piece, [&](std::string_view word) { encode_word(word, ids); });
  }
  return {};
}

void Bpe::encode_word(std::string_view word, std::vector<int32_t>& ids) const {
  const bool plain = options_.continuing_prefix.empty() && options_.end_suffix.empty();
  const int32_t id = plain ? vocabulary_->find(word) : -1;
  std::atomic<uint8_t>* whole = id < 0 ? nullptr : &whole_[static_cast<size_t>(id)];
  if (whole != nullptr && whole->load(std::memory_order_relaxed) == kWhole) {
    ids.push_back(id);
    return;
  }
  thread_local std::vector<int32_t> symbols;
  symbols.clear();
  if (options_.on_bytes) {
    for (const char c : word) symbols.push_back(byte_ids_[static_cast<uint8_t>(c)]);
  } else {
    add_characters(word, symbols);
  }
  merges_.apply(symbols);
  if (whole != nullptr && whole->load(std::memory_order_relaxed) == kNotTried) {
    whole->store(symbols.size() == 1 && symbols[0] == id ? kWhole : kInParts, std::memory_order_relaxed);
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

}  // namespace hanok
