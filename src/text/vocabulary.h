// A two-way table of pieces and ids: a flat hash over the pieces, quick to build and to ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hanok {

class Vocabulary {
 public:
  Vocabulary() = default;
  // Piece i has id i; of equal pieces the first counts. Empty pieces are holes in the numbering and are never found.
  explicit Vocabulary(std::vector<std::string> pieces);

  int32_t size() const { return static_cast<int32_t>(pieces_.size()); }
  bool has(int32_t id) const { return id >= 0 && id < size(); }
  const std::string& piece(int32_t id) const { return pieces_[static_cast<size_t>(id)]; }
  const std::vector<std::string>& pieces() const { return pieces_; }
  // The id of a piece, -1 when there is none.
  int32_t find(std::string_view piece) const;
  std::optional<int32_t> get(std::string_view piece) const;
  // Bytes of the longest piece: no longer text can be found.

 private:
  struct Slot {
    uint32_t hash = 0;
    int32_t id = -1;
  };

  std::vector<std::string> pieces_;
  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t longest_bytes_ = 0;
};

}  // namespace hanok
