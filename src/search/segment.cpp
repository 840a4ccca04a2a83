#include "search/segment.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "base/locale.h"
#include "base/utf8.h"
#include "search/segment_format.h"

namespace hanok {
namespace {

constexpr auto kLastCheckedOnOpen = SegmentSection::kTextBlocks;

PageCertainty certainty_of(uint32_t code) {
  return code == 1 ? PageCertainty::kExact : code == 2 ? PageCertainty::kApproximate : PageCertainty::kNone;
}

// A range of records that lies within n of them.
bool fits(uint64_t first, uint64_t count, uint64_t n) {
  return first <= n && count <= n - first;
}

}  // namespace

tl::unexpected<Error> Segment::broken(const char* what) const {
  return fail(ErrorKind::kCorruptFile, in_language("색인 파일이 깨졌습니다", "the index file is broken"), where_, "",
              what,
              in_language("'hanok index rm'으로 지우고 다시 만드세요",
                          "remove the collection with 'hanok index rm' and make it anew"));
}

std::string_view Segment::part(SegmentSection section) const {
  const Section& s = sections_[static_cast<size_t>(section)];
  return bytes_.substr(s.offset, s.n_bytes);
}

Result<Segment> Segment::open(const std::filesystem::path& path) {
  HANOK_TRY(MappedFile mapped, MappedFile::open(path));
  auto file = std::make_unique<MappedFile>(std::move(mapped));
  const auto bytes = file->bytes();
  HANOK_TRY(Segment segment, parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string()));
  segment.file_ = std::move(file);
  return segment;
}

Result<Segment> Segment::parse(std::string_view bytes, const std::string& where) {
  Segment segment;
  segment.bytes_ = bytes;
  segment.where_ = where;
  HANOK_RETURN_IF_ERROR(segment.read_header());
  HANOK_RETURN_IF_ERROR(segment.check_sizes());
  HANOK_RETURN_IF_ERROR(segment.check_records());
  const auto field = [&](SegmentSection terms, SegmentSection blocks, SegmentSection postings) {
    return FieldIndex::open(segment.part(terms), segment.part(blocks), segment.part(postings), segment.n_chunks_);
  };
  auto text = field(SegmentSection::kTextTerms, SegmentSection::kTextTermBlocks, SegmentSection::kTextPostings);
  auto title = field(SegmentSection::kTitleTerms, SegmentSection::kTitleTermBlocks, SegmentSection::kTitlePostings);
  if (!text) return fail(text.error().in(where));
  if (!title) return fail(title.error().in(where));
  segment.text_field_ = *text;
  segment.title_field_ = *title;
  return segment;
}

Status Segment::read_header() {
  ByteReader reader(bytes_);
  std::string_view magic;
  uint32_t version = 0, n_sections = 0;
  uint64_t n_file_bytes = 0;
  if (!reader.take(kSegmentMagic.size(), magic) || magic != kSegmentMagic || !reader.le(version))
    return broken("signature");
  if (version > kSegmentVersion) {
    return fail(ErrorKind::kUnsupported,
                in_language("더 새 판의 hanok이 만든 색인입니다", "the index was made by a newer hanok"), where_,
                fmt::format("{}", kSegmentVersion), fmt::format("{}", version));
  }
  if (version > 0 && version < kSegmentVersion) {
    return fail(ErrorKind::kUnsupported,
                in_language("옛 판의 hanok이 만든 색인입니다", "the index was made by an older hanok"), where_,
                fmt::format("{}", kSegmentVersion), fmt::format("{}", version),
                in_language("'hanok index rm'으로 지우고 다시 만드세요",
                            "remove the collection with 'hanok index rm' and make it anew"));
  }
  if (bytes_.size() < kSegmentHeaderBytes || version == 0) return broken("header");
  if (!reader.le(n_documents_) || !reader.le(n_chunks_) || !reader.le(n_places_) || !reader.le(dim_) ||
      !reader.le(n_sections) || !reader.le(n_file_bytes) || n_sections != kSegmentSections ||
      n_file_bytes != bytes_.size())
    return broken("header");
  for (Section& s : sections_) {
    if (!reader.le(s.offset) || !reader.le(s.n_bytes) || !reader.le(s.checksum) ||
        !fits(s.offset, s.n_bytes, bytes_.size()))
      return broken("sections");
  }
  const size_t n_checked = kSegmentHeaderBytes - sizeof(uint64_t);
  header_checksum_ = number_at<uint64_t>(bytes_, n_checked);
  if (checksum_of(bytes_.substr(0, n_checked)) != header_checksum_) return broken("header checksum");
  for (size_t i = 0; i <= static_cast<size_t>(kLastCheckedOnOpen); ++i)
    if (checksum_of(part(static_cast<SegmentSection>(i))) != sections_[i].checksum) return broken("checksum");
  return {};
}

Status Segment::check_sizes() const {
  const auto is = [&](SegmentSection section, uint64_t n, uint64_t record_bytes) {
    return part(section).size() == n * record_bytes;
  };
  const bool vectors_fit = dim_ == 0 ? part(SegmentSection::kScales).empty() && part(SegmentSection::kVectors).empty()
                                     : dim_ <= kMaxVectorDim && is(SegmentSection::kScales, n_chunks_, 4) &&
                                           is(SegmentSection::kVectors, n_chunks_, dim_);
  if (!is(SegmentSection::kDocuments, n_documents_, kDocumentBytes) ||
      !is(SegmentSection::kChunks, n_chunks_, kChunkBytes) || !is(SegmentSection::kPlaces, n_places_, kPlaceBytes) ||
      !is(SegmentSection::kLengths, n_chunks_, 8) || part(SegmentSection::kTextBlocks).size() % kTextBlockBytes != 0)
    return broken("sizes of tables");
  return vectors_fit ? Status() : broken("sizes of vectors");
}

bool Segment::holds_string(std::string_view record, size_t offset) const {
  return fits(number_at<uint32_t>(record, offset), number_at<uint32_t>(record, offset + 4),
              part(SegmentSection::kStrings).size());
}

Status Segment::check_records() const {
  const std::string_view documents = part(SegmentSection::kDocuments), places = part(SegmentSection::kPlaces),
                         blocks = part(SegmentSection::kTextBlocks);
  for (size_t i = 0; i < n_documents_; ++i)
    for (const size_t offset : {4, 12, 20})
      if (!holds_string(documents, i * kDocumentBytes + offset)) return broken("document");
  const size_t n_blocks = blocks.size() / kTextBlockBytes;
  for (size_t i = 0; i < n_blocks; ++i) {
    const size_t at = i * kTextBlockBytes;
    if (!fits(number_at<uint64_t>(blocks, at), number_at<uint32_t>(blocks, at + 8),
              part(SegmentSection::kTexts).size()) ||
        number_at<uint32_t>(blocks, at + 12) > kMaxBlockTextBytes)
      return broken("block of texts");
  }
  for (uint32_t i = 0; i < n_chunks_; ++i) {
    const ChunkEntry c = chunk(i);
    if (c.block >= n_blocks || c.n_places == 0 || !fits(c.first_place, c.n_places, n_places_) ||
        !fits(c.offset, c.n_bytes, number_at<uint32_t>(blocks, size_t{c.block} * kTextBlockBytes + 12)))
      return broken("chunk");
    for (uint32_t p = c.first_place; p < c.first_place + c.n_places; ++p)
      if (number_at<uint32_t>(places, p * kPlaceBytes) != i) return broken("place of a chunk");
  }
  for (size_t i = 0; i < n_places_; ++i) {
    const size_t at = i * kPlaceBytes;
    if (number_at<uint32_t>(places, at) >= n_chunks_ || number_at<uint32_t>(places, at + 4) >= n_documents_ ||
        number_at<uint32_t>(places, at + 8) > number_at<uint32_t>(places, at + 12) ||
        number_at<uint32_t>(places, at + 12) > INT32_MAX || !holds_string(places, at + 28))
      return broken("place");
  }
  return {};
}

std::string Segment::string_at(std::string_view record, size_t offset) const {
  return std::string(part(SegmentSection::kStrings)
                         .substr(number_at<uint32_t>(record, offset), number_at<uint32_t>(record, offset + 4)));
}

DocumentEntry Segment::document(uint32_t document_idx) const {
  const std::string_view r =
      part(SegmentSection::kDocuments).substr(size_t{document_idx} * kDocumentBytes, kDocumentBytes);
  DocumentEntry entry;
  entry.source = number_at<uint32_t>(r, 0);
  entry.path = string_at(r, 4);
  entry.title = replace_invalid_utf8(string_at(r, 12));
  entry.format = replace_invalid_utf8(string_at(r, 20));
  entry.n_bytes = number_at<uint64_t>(r, 28);
  entry.mtime_ns = number_at<int64_t>(r, 36);
  entry.indexed_ns = number_at<int64_t>(r, 44);
  entry.date_s = number_at<int64_t>(r, 52);
  std::copy_n(r.begin() + 60, entry.hash.size(), entry.hash.begin());
  return entry;
}

ChunkEntry Segment::chunk(uint32_t chunk_idx) const {
  const std::string_view r = part(SegmentSection::kChunks).substr(size_t{chunk_idx} * kChunkBytes, kChunkBytes);
  return {number_at<uint32_t>(r, 0),  number_at<uint32_t>(r, 4),  number_at<uint32_t>(r, 8),
          number_at<uint32_t>(r, 12), number_at<uint32_t>(r, 16), number_at<uint64_t>(r, 20)};
}

ChunkPlace Segment::place(uint32_t place_idx) const {
  const std::string_view r = part(SegmentSection::kPlaces).substr(size_t{place_idx} * kPlaceBytes, kPlaceBytes);
  ChunkPlace place;
  place.chunk = number_at<uint32_t>(r, 0);
  place.document = number_at<uint32_t>(r, 4);
  place.page = {static_cast<int>(number_at<uint32_t>(r, 8)), certainty_of(number_at<uint32_t>(r, 16))};
  place.last_page = static_cast<int>(number_at<uint32_t>(r, 12));
  place.begin = number_at<uint32_t>(r, 20);
  place.end = number_at<uint32_t>(r, 24);
  place.heading = replace_invalid_utf8(string_at(r, 28));
  return place;
}

uint32_t Segment::document_of_place(uint32_t place_idx) const {
  return number_at<uint32_t>(part(SegmentSection::kPlaces), size_t{place_idx} * kPlaceBytes + 4);
}

float Segment::vector_scale(uint32_t chunk_idx) const {
  return dim_ == 0 ? 0.0f : number_at<float>(part(SegmentSection::kScales), size_t{chunk_idx} * 4);
}

std::span<const int8_t> Segment::vectors() const {
  const std::string_view bytes = part(SegmentSection::kVectors);
  return {reinterpret_cast<const int8_t*>(bytes.data()), bytes.size()};
}

VectorRows Segment::vector_rows() const {
  if (dim_ == 0) return {};
  return {part(SegmentSection::kScales), vectors().data(), n_chunks_, dim_};
}

Result<std::string> Segment::inflate_block(uint32_t block_idx) const {
  const std::string_view r =
      part(SegmentSection::kTextBlocks).substr(size_t{block_idx} * kTextBlockBytes, kTextBlockBytes);
  const std::string_view packed =
      part(SegmentSection::kTexts).substr(number_at<uint64_t>(r, 0), number_at<uint32_t>(r, 8));
  std::string text(number_at<uint32_t>(r, 12), '\0');
  uLongf n_inflated = text.size();
  const int code = ::uncompress(reinterpret_cast<Bytef*>(text.data()), &n_inflated,
                                reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  if (code != Z_OK || n_inflated != text.size()) return broken("block of texts");
  return text;
}

Result<std::string> Segment::text(uint32_t chunk_idx) const {
  return TextReader(*this).text(chunk_idx);
}

Status Segment::verify() const {
  for (size_t i = static_cast<size_t>(kLastCheckedOnOpen) + 1; i < kSegmentSections; ++i)
    if (checksum_of(part(static_cast<SegmentSection>(i))) != sections_[i].checksum) return broken("checksum");
  return {};
}

Result<std::string> TextReader::text(uint32_t chunk_idx) {
  const ChunkEntry chunk = segment_.chunk(chunk_idx);
  if (block_idx_ != chunk.block) {
    HANOK_TRY(block_, segment_.inflate_block(chunk.block));
    block_idx_ = chunk.block;
  }
  return replace_invalid_utf8(std::string_view(block_).substr(chunk.offset, chunk.n_bytes));
}

}  // namespace hanok
