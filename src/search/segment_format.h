// The layout of a segment file, shared by its writer and its reader. Numbers are little-endian.
#pragma once

#include <cstddef>
#include <string_view>

#include "search/segment.h"

namespace hanok {

// Header: magic [8]; u32 version, documents, chunks, places, dimensions, sections; u64 bytes of the file; of each
// section u64 offset, bytes, checksum; u64 checksum of all before.
inline constexpr std::string_view kSegmentMagic = "HANOKSEG";
inline constexpr size_t kSegmentFixedBytes = 8 + 6 * 4 + 8;
inline constexpr size_t kSegmentHeaderBytes = kSegmentFixedBytes + kSegmentSections * 24 + 8;
inline constexpr size_t kSectionAlignment = 64;

// Strings are (u32 offset, u32 bytes) of the section of strings.
// source, path, title, format, n_bytes, mtime, indexed, date, hash.
inline constexpr size_t kDocumentBytes = 4 + 3 * 8 + 4 * 8 + 32;
inline constexpr size_t kChunkBytes = 5 * 4 + 8;  // block, offset, n_bytes, first_place, n_places, hash
inline constexpr size_t kPlaceBytes = 7 * 4 + 8;  // chunk, document, page, last page, certainty, begin, end, heading
inline constexpr size_t kTextBlockBytes = 8 + 2 * 4;  // offset, deflated, inflated

inline constexpr uint32_t kMaxBlockTextBytes = 1 << 20;
inline constexpr uint32_t kMaxVectorDim = 16384;

}  // namespace hanok
