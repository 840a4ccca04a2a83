#include "search/segment_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <utility>

#include <zlib.h>

#include "base/utf8.h"
#include "search/segment_format.h"
#include "search/terms.h"

namespace hanok {
namespace {

constexpr size_t kBlockTextBytes = size_t{32} << 10;  // deflate looks back no further
constexpr size_t kMostTitles = 4;                     // of one chunk that stands in many documents
constexpr size_t kMostStringBytes = 1024;

uint32_t narrow(size_t value) {
  return static_cast<uint32_t>(value);
}

std::string_view cut(std::string_view text) {
  return text.size() <= kMostStringBytes ? text
                                         : text.substr(0, complete_utf8_prefix(text.substr(0, kMostStringBytes)));
}

// Strings that are stored once each.
class StringTable {
 public:
  void put(std::string& record, std::string_view text) {
    const auto [found, is_new] = offsets_.try_emplace(std::string(text), narrow(bytes_.size()));
    if (is_new) bytes_ += text;
    put_le(record, found->second);
    put_le(record, narrow(text.size()));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::unordered_map<std::string, uint32_t> offsets_;
  std::string bytes_;
};

// Texts deflated together, several to a block.
class TextBlocks {
 public:
  std::string blocks, texts;

  // Where the text stands: the block and the offset in it.
  std::pair<uint32_t, uint32_t> add(std::string_view text) {
    if (!open_.empty() && open_.size() + text.size() > kBlockTextBytes) close();
    const auto offset = narrow(open_.size());
    open_ += text;
    return {n_closed_, offset};
  }
  void close() {
    if (open_.empty()) return;
    uLongf n_packed = ::compressBound(open_.size());
    std::string packed(n_packed, '\0');
    if (::compress2(reinterpret_cast<Bytef*>(packed.data()), &n_packed, reinterpret_cast<const Bytef*>(open_.data()),
                    open_.size(), 6) != Z_OK)
      throw std::bad_alloc();  // the only error left: the room is large enough and the level exists
    put_le(blocks, static_cast<uint64_t>(texts.size()));
    put_le(blocks, narrow(n_packed));
    put_le(blocks, narrow(open_.size()));
    texts.append(packed, 0, n_packed);
    open_.clear();
    ++n_closed_;
  }

 private:
  std::string open_;
  uint32_t n_closed_ = 0;
};

std::string file_name(const DocumentEntry& document) {
  return replace_invalid_utf8(std::filesystem::path(document.path).stem().string());
}

// What a passage's vector is made from.
std::string embedded_text(const DocumentEntry& document, const std::string& heading, const std::string& text) {
  std::string all = document.title.empty() ? file_name(document) : document.title;
  if (!heading.empty() && heading != all) all += (all.empty() ? "" : "\n") + heading;
  return all.empty() ? text : all + "\n" + text;
}

using Sections = std::array<std::string, kSegmentSections>;

std::string& part(Sections& sections, SegmentSection section) {
  return sections[static_cast<size_t>(section)];
}

void put_document(std::string& out, StringTable& strings, const DocumentEntry& d) {
  put_le(out, d.source);
  strings.put(out, d.path);
  strings.put(out, cut(d.title));
  strings.put(out, cut(d.format));
  put_le(out, d.n_bytes);
  for (const int64_t value : {d.mtime_ns, d.indexed_ns, d.date_s}) put_le(out, static_cast<uint64_t>(value));
  out.append(reinterpret_cast<const char*>(d.hash.data()), d.hash.size());
}

void put_place(std::string& out, StringTable& strings, uint32_t chunk_idx, const ChunkPlace& p) {
  const uint32_t certainty = p.page.certainty == PageCertainty::kExact         ? 1
                             : p.page.certainty == PageCertainty::kApproximate ? 2
                                                                               : 0;
  const int page = std::max(0, p.page.number);
  for (const uint32_t value : {chunk_idx, p.document, static_cast<uint32_t>(page),
                               static_cast<uint32_t>(std::max(page, p.last_page)), certainty, p.begin, p.end})
    put_le(out, value);
  strings.put(out, cut(p.heading));
}

void put_field(Sections& sections, const FieldIndexWriter& field, SegmentSection terms, SegmentSection blocks,
               SegmentSection postings) {
  FieldBytes bytes = field.finish();
  part(sections, terms) = std::move(bytes.terms);
  part(sections, blocks) = std::move(bytes.blocks);
  part(sections, postings) = std::move(bytes.postings);
}

size_t aligned(size_t offset) {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

Status write_sections(const std::string& counts, const Sections& sections,
                      const std::function<Status(std::string_view)>& out) {
  std::string table;
  size_t at = aligned(kSegmentHeaderBytes);
  std::vector<size_t> offsets;
  for (const std::string& section : sections) {
    offsets.push_back(at);
    put_le(table, static_cast<uint64_t>(at));
    put_le(table, static_cast<uint64_t>(section.size()));
    put_le(table, checksum_of(section));
    at = aligned(at + section.size());
  }
  std::string header = counts;
  put_le(header, static_cast<uint64_t>(at));
  header += table;
  put_le(header, checksum_of(header));
  HANOK_RETURN_IF_ERROR(out(header));
  size_t written = header.size();
  for (size_t i = 0; i < sections.size(); ++i) {
    HANOK_RETURN_IF_ERROR(out(std::string(offsets[i] - written, '\0')));
    HANOK_RETURN_IF_ERROR(out(sections[i]));
    written = offsets[i] + sections[i].size();
  }
  return out(std::string(at - written, '\0'));
}

}  // namespace

SegmentBuilder::Chunk& SegmentBuilder::chunk_of(std::string text) {
  const uint64_t hash = checksum_of(text);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (chunks_[it->second].text == text) return chunks_[it->second];
  by_hash_.emplace(hash, chunks_.size());
  text_bytes_ += text.size();
  Chunk chunk;
  chunk.text = std::move(text);
  chunk.hash = hash;
  return chunks_.emplace_back(std::move(chunk));
}

void SegmentBuilder::add(DocumentEntry document, std::vector<NewChunk> chunks) {
  const uint32_t document_idx = narrow(documents_.size());
  documents_.push_back(std::move(document));
  for (NewChunk& c : chunks) {
    ChunkPlace place{0, document_idx, c.page, c.last_page, c.begin, c.end, std::move(c.heading)};
    chunk_of(std::move(c.text)).places.push_back(std::move(place));
  }
}

Status SegmentBuilder::add(const Segment& segment, std::span<const uint32_t> removed) {
  HANOK_RETURN_IF_ERROR(segment.verify());
  std::vector<uint32_t> new_idxs(segment.n_documents(), UINT32_MAX);
  for (uint32_t i = 0; i < segment.n_documents(); ++i) {
    if (std::binary_search(removed.begin(), removed.end(), i)) continue;
    new_idxs[i] = narrow(documents_.size());
    documents_.push_back(segment.document(i));
  }
  TextReader texts(segment);
  for (uint32_t i = 0; i < segment.n_chunks(); ++i) {
    const ChunkEntry entry = segment.chunk(i);
    std::vector<ChunkPlace> places;
    for (uint32_t p = entry.first_place; p < entry.first_place + entry.n_places; ++p) {
      const uint32_t document = new_idxs[segment.document_of_place(p)];
      if (document == UINT32_MAX) continue;
      places.push_back(segment.place(p));
      places.back().document = document;
    }
    if (places.empty()) continue;
    HANOK_TRY(std::string text, texts.text(i));
    Chunk& chunk = chunk_of(std::move(text));
    // Its vector, if it stays, was made with the title of its first place, so that place stays the first.
    const bool keeps_vector = new_idxs[segment.document_of_place(entry.first_place)] != UINT32_MAX;
    const float scale = keeps_vector ? segment.vector_scale(i) : 0;
    const bool takes_vector = scale != 0 && chunk.scale == 0;
    chunk.places.insert(takes_vector ? chunk.places.begin() : chunk.places.end(),
                        std::make_move_iterator(places.begin()), std::make_move_iterator(places.end()));
    if (!takes_vector) continue;
    const auto vector = segment.vectors().subspan(size_t{i} * segment.dim(), segment.dim());
    chunk.scale = scale;
    chunk.vector.assign(vector.begin(), vector.end());
  }
  return {};
}

// The titles and headings under which the chunk stands, and the names of the files.
std::string SegmentBuilder::title_text(const Chunk& chunk) const {
  std::vector<std::string> titles;
  for (const ChunkPlace& place : chunk.places) {
    const DocumentEntry& document = documents_[place.document];
    std::string title = document.title;
    const std::string name = file_name(document);
    if (name != title) title += "\n" + name;
    if (!place.heading.empty() && place.heading != document.title) title += "\n" + place.heading;
    if (std::find(titles.begin(), titles.end(), title) == titles.end()) titles.push_back(std::move(title));
    if (titles.size() == kMostTitles) break;
  }
  std::string all;
  for (const std::string& title : titles) all += title + "\n";
  return all;
}

std::vector<size_t> SegmentBuilder::without_vectors(uint32_t dim) const {
  std::vector<size_t> idxs;
  for (size_t i = 0; i < chunks_.size(); ++i)
    if (chunks_[i].scale == 0 || chunks_[i].vector.size() != dim) idxs.push_back(i);
  return idxs;
}

std::string SegmentBuilder::text_to_embed(size_t chunk_idx) const {
  const Chunk& chunk = chunks_[chunk_idx];
  const ChunkPlace& place = chunk.places.front();
  return embedded_text(documents_[place.document], place.heading, chunk.text);
}

Status SegmentBuilder::take_vectors(const Segment& segment, uint32_t dim) {
  if (segment.dim() != dim) return {};
  std::unordered_multimap<uint64_t, size_t> lacking;
  for (const size_t i : without_vectors(dim)) lacking.emplace(chunks_[i].hash, i);
  TextReader texts(segment);
  bool is_verified = false;
  for (uint32_t i = 0; !lacking.empty() && i < segment.n_chunks(); ++i) {
    const ChunkEntry entry = segment.chunk(i);
    const auto [first, last] = lacking.equal_range(entry.hash);
    const float scale = segment.vector_scale(i);
    if (first == last || scale == 0) continue;
    if (!is_verified) HANOK_RETURN_IF_ERROR(segment.verify());
    is_verified = true;
    HANOK_TRY(const std::string text, texts.text(i));
    const ChunkPlace place = segment.place(entry.first_place);
    const std::string embedded = embedded_text(segment.document(place.document), place.heading, text);
    const auto same = std::find_if(first, last, [&](const auto& e) { return text_to_embed(e.second) == embedded; });
    if (same == last) continue;
    const auto vector = segment.vectors().subspan(size_t{i} * dim, dim);
    chunks_[same->second].scale = scale;
    chunks_[same->second].vector.assign(vector.begin(), vector.end());
    lacking.erase(same);
  }
  return {};
}

void SegmentBuilder::set_vector(size_t chunk_idx, std::span<const float> vector) {
  Chunk& chunk = chunks_[chunk_idx];
  float largest = 0;
  for (const float x : vector) largest = std::max(largest, std::fabs(x));
  chunk.scale = std::isfinite(largest) ? largest / 127 : 0;
  chunk.vector.assign(vector.size(), 0);
  if (chunk.scale == 0) return;
  for (size_t i = 0; i < vector.size(); ++i)
    chunk.vector[i] = static_cast<int8_t>(std::lrint(std::clamp(vector[i] / chunk.scale, -127.0f, 127.0f)));
}

Status SegmentBuilder::write(uint32_t dim, const std::function<Status(std::string_view)>& out) const {
  Sections sections;
  StringTable strings;
  TextBlocks texts;
  FieldIndexWriter text_field, title_field;
  for (const DocumentEntry& d : documents_) put_document(part(sections, SegmentSection::kDocuments), strings, d);
  uint32_t n_places = 0;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const Chunk& chunk = chunks_[i];
    const auto [block, offset] = texts.add(chunk.text);
    std::string& record = part(sections, SegmentSection::kChunks);
    for (const uint32_t value : {block, offset, narrow(chunk.text.size()), n_places, narrow(chunk.places.size())})
      put_le(record, value);
    put_le(record, chunk.hash);
    for (const ChunkPlace& place : chunk.places)
      put_place(part(sections, SegmentSection::kPlaces), strings, narrow(i), place);
    n_places += narrow(chunk.places.size());
    put_le(part(sections, SegmentSection::kLengths), text_field.add(fold_text(chunk.text)));
    put_le(part(sections, SegmentSection::kLengths), title_field.add(fold_text(title_text(chunk))));
    if (dim == 0) continue;
    const bool has_vector = chunk.scale != 0 && chunk.vector.size() == dim;
    put_le(part(sections, SegmentSection::kScales), std::bit_cast<uint32_t>(has_vector ? chunk.scale : 0.0f));
    std::string& vectors = part(sections, SegmentSection::kVectors);
    if (has_vector) vectors.append(reinterpret_cast<const char*>(chunk.vector.data()), dim);
    if (!has_vector) vectors.append(dim, '\0');
  }
  texts.close();
  part(sections, SegmentSection::kStrings) = strings.bytes();
  part(sections, SegmentSection::kTextBlocks) = std::move(texts.blocks);
  part(sections, SegmentSection::kTexts) = std::move(texts.texts);
  put_field(sections, text_field, SegmentSection::kTextTerms, SegmentSection::kTextTermBlocks,
            SegmentSection::kTextPostings);
  put_field(sections, title_field, SegmentSection::kTitleTerms, SegmentSection::kTitleTermBlocks,
            SegmentSection::kTitlePostings);
  std::string counts(kSegmentMagic);
  for (const uint32_t value :
       {kSegmentVersion, narrow(documents_.size()), narrow(chunks_.size()), n_places, dim, narrow(kSegmentSections)})
    put_le(counts, value);
  return write_sections(counts, sections, out);
}

}  // namespace hanok
