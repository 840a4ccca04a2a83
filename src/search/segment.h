// One immutable file of an index: documents, their chunks, the inverted indexes of both fields, perhaps vectors.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "base/result.h"
#include "documents/document.h"
#include "search/field_index.h"
#include "search/vector_rows.h"

namespace hanok {

inline constexpr uint32_t kSegmentVersion = 2;

struct DocumentEntry {
  uint32_t source = 0;     // of the manifest
  std::string path;        // below the source, bytes of the file system; empty where the source is the file itself
  std::string title;       // valid UTF-8
  std::string format;      // as ReadDocument has it
  uint64_t n_bytes = 0;    // of the file
  int64_t mtime_ns = 0;    // of the file when it was read
  int64_t indexed_ns = 0;  // when it was read
  int64_t date_s = 0;      // last changed or else made, as the document says, or else the file's time
  std::array<uint8_t, 32> hash{};  // SHA-256 of the file
};

// Where a chunk's text stands. Ranges count characters (code points) of ReadDocument::text.
struct ChunkPlace {
  uint32_t chunk = 0;
  uint32_t document = 0;
  BlockPage page;     // where it begins
  int last_page = 0;  // where it ends; 0 when there is none
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string heading;  // the headings it stands under, outermost first
};

struct ChunkEntry {
  uint32_t block = 0;   // of texts
  uint32_t offset = 0;  // in the inflated block
  uint32_t n_bytes = 0;
  uint32_t first_place = 0;
  uint32_t n_places = 0;  // at least 1
  uint64_t hash = 0;      // of the text
};

// The parts of the file, in this order. Those up to kTextBlocks are checked when the file is opened, the rest by
// verify().
enum class SegmentSection : uint32_t {
  kDocuments,
  kChunks,
  kPlaces,
  kStrings,
  kLengths,  // of each chunk: terms of its text, terms of its titles
  kTextTerms,
  kTextTermBlocks,
  kTitleTerms,
  kTitleTermBlocks,
  kTextBlocks,  // of each block of texts: where it begins, its bytes deflated and as they were
  kTextPostings,
  kTitlePostings,
  kTexts,
  kScales,   // of each chunk's vector; 0: it has none
  kVectors,  // int8 [n_chunks, dim]
};
inline constexpr size_t kSegmentSections = 15;

class Segment {
 public:
  // Maps and checks a file. Errors: kNotFound, kIo, kCorruptFile; kUnsupported for another version.
  static Result<Segment> open(const std::filesystem::path& path);
  // The same over bytes that outlive it.
  static Result<Segment> parse(std::string_view bytes, const std::string& where);

  uint32_t n_documents() const { return n_documents_; }
  uint32_t n_chunks() const { return n_chunks_; }
  uint32_t n_places() const { return n_places_; }
  uint32_t dim() const { return dim_; }  // of vectors; 0: there are none
  uint64_t n_file_bytes() const { return bytes_.size(); }
  uint64_t section_bytes(SegmentSection section) const { return part(section).size(); }
  uint64_t header_checksum() const { return header_checksum_; }

  DocumentEntry document(uint32_t document_idx) const;
  ChunkEntry chunk(uint32_t chunk_idx) const;
  ChunkPlace place(uint32_t place_idx) const;
  // The document alone, which is all that most ask of a place.
  uint32_t document_of_place(uint32_t place_idx) const;

  const FieldIndex& text_field() const { return text_field_; }
  const FieldIndex& title_field() const { return title_field_; }
  uint32_t text_length(uint32_t chunk_idx) const { return length(2 * chunk_idx); }
  uint32_t title_length(uint32_t chunk_idx) const { return length(2 * chunk_idx + 1); }

  float vector_scale(uint32_t chunk_idx) const;
  std::span<const int8_t> vectors() const;
  // The same, one a chunk; none where there are no vectors.
  VectorRows vector_rows() const;

  // The text of a block of chunks. Errors: kCorruptFile.
  Result<std::string> inflate_block(uint32_t block_idx) const;
  // A chunk's text, valid UTF-8.
  Result<std::string> text(uint32_t chunk_idx) const;
  // Compares the checksums of what open() did not look at. Error: kCorruptFile.
  Status verify() const;

 private:
  struct Section {
    uint64_t offset = 0, n_bytes = 0, checksum = 0;
  };
  std::string_view part(SegmentSection section) const;
  uint32_t length(size_t idx) const { return number_at<uint32_t>(part(SegmentSection::kLengths), 4 * idx); }
  std::string string_at(std::string_view record, size_t offset) const;
  bool holds_string(std::string_view record, size_t offset) const;
  Status read_header();
  Status check_sizes() const;
  Status check_records() const;
  tl::unexpected<Error> broken(const char* what) const;

  std::unique_ptr<MappedFile> file_;
  std::string_view bytes_;
  std::string where_;
  uint32_t n_documents_ = 0, n_chunks_ = 0, n_places_ = 0, dim_ = 0;
  uint64_t header_checksum_ = 0;
  std::array<Section, kSegmentSections> sections_{};
  FieldIndex text_field_, title_field_;
};

// Reads the texts of chunks in their order, inflating each block once.
class TextReader {
 public:
  explicit TextReader(const Segment& segment) : segment_(segment) {}
  Result<std::string> text(uint32_t chunk_idx);

 private:
  const Segment& segment_;
  int64_t block_idx_ = -1;
  std::string block_;
};

}  // namespace hanok
