// How much of anything a document may hold: the bounds every reader keeps, so that a hostile file costs little.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hanok {

inline constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;
inline constexpr uint64_t kMaxPartBytes = uint64_t{256} << 20;   // one stream or archive member, inflated
inline constexpr uint64_t kMaxTotalBytes = uint64_t{512} << 20;  // all that are read of one file
inline constexpr uint64_t kMaxInflation = 250;                   // times the packed size, where it matters
inline constexpr uint64_t kFreeInflationBytes = uint64_t{4} << 20;
inline constexpr size_t kMaxNesting = 32;           // tables in tables, lists in lists
inline constexpr size_t kMaxXmlDepth = 256;         // elements in elements
inline constexpr size_t kMaxXmlNodes = 16'000'000;  // elements and attributes of one part, 64 bytes each
inline constexpr size_t kMaxTableCells = 1 << 20;   // of one table
inline constexpr uint32_t kMaxTableSide = 65535;    // rows, columns
inline constexpr size_t kMaxArchiveMembers = 65535;
inline constexpr size_t kMaxBlocks = 4'000'000;

}  // namespace hanok
