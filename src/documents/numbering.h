// Numbers that word processors make: of outlines, lists, notes and captions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace hanok {

// As HWP 5 counts them.
enum class NumberFormat : uint8_t {
  kDigit,
  kCircledDigit,
  kRomanCapital,
  kRomanSmall,
  kLatinCapital,
  kLatinSmall,
  kCircledLatinCapital,
  kCircledLatinSmall,
  kHangulSyllable,
  kCircledHangulSyllable,
  kHangulJamo,
  kCircledHangulJamo,
  kHangulNumber,
  kHanjaNumber,
  kCircledHanjaNumber
};

// The number in that format; in digits where the format has no such number.
std::string format_number(uint32_t n, NumberFormat format);

inline constexpr size_t kNumberingLevels = 10;

struct NumberingLevel {
  std::string pattern;  // "^1.^2." and the like; ^N is the number of level N, ^n the whole path
  NumberFormat format = NumberFormat::kDigit;
  uint32_t start = 1;
};
using Numbering = std::array<NumberingLevel, kNumberingLevels>;

// Counts the paragraphs of every numbering.
class ParagraphNumbers {
 public:
  // The text before the next paragraph of this numbering and level (from 0); empty when the pattern is.
  std::string next(uint32_t id, const Numbering& numbering, size_t level);
  // Levels above this one that had no paragraph count as if they had, as in Word.
  void count_skipped(uint32_t id, const Numbering& numbering, size_t level);
  // The level begins anew, there and from then on, with this number.
  void restart(uint32_t id, size_t level, uint32_t start);

 private:
  struct Count {
    std::optional<uint32_t> last, start;  // none: no paragraph yet, the numbering's own
  };
  std::map<uint32_t, std::array<Count, kNumberingLevels>> counts_;
};

}  // namespace hanok
