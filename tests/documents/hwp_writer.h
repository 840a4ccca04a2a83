// Writes small HWP 5.0 documents for tests: records, packed streams, and the compound file around them.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

namespace hanok::testing {

inline std::string le(uint64_t value, size_t n_bytes) {
  std::string out;
  for (size_t i = 0; i < n_bytes; ++i, value >>= 8) out += static_cast<char>(value);
  return out;
}

inline std::string utf16(std::u16string_view text) {
  std::string out;
  for (const char16_t c : text) out += le(c, 2);
  return out;
}

inline std::string record(uint32_t tag, uint32_t level, const std::string& data) {
  const bool is_long = data.size() >= 0xFFF;
  return le(tag | level << 10 | (is_long ? 0xFFFu : static_cast<uint32_t>(data.size())) << 20, 4) +
         (is_long ? le(data.size(), 4) : "") + data;
}

inline std::string deflated(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// A compound file, version 3, with these streams; folders are parted by '/'.
class CompoundWriter {
 public:
  void add(const std::string& path, const std::string& bytes) { streams_[path] = bytes; }

  // Sets aside so many sectors of the allocation table, as Office does.
  void spare_tables(size_t n_sectors) { n_spare_tables_ = n_sectors; }

  std::string bytes() const {
    std::vector<uint32_t> fat, mini_fat;
    std::string sectors, mini;
    std::vector<Entry> entries{{"Root Entry", 5}};
    std::map<std::string, size_t> storages;
    for (const auto& [path, content] : streams_) {
      size_t parent = 0, at = 0;
      for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', at)) {
        const std::string folder = path.substr(0, slash);
        if (!storages.contains(folder)) storages[folder] = add_entry(entries, parent, {path.substr(at, slash - at), 1});
        parent = storages[folder];
        at = slash + 1;
      }
      Entry entry{path.substr(at), 2};
      entry.n_bytes = content.size();
      entry.first = content.size() >= 4096 ? append(sectors, fat, content, 512) : append(mini, mini_fat, content, 64);
      add_entry(entries, parent, entry);
    }
    entries[0].n_bytes = mini.size();
    entries[0].first = mini.empty() ? kEnd : append(sectors, fat, mini, 512);
    std::string table;
    for (const uint32_t next : mini_fat) table += le(next, 4);
    const uint32_t mini_fat_at = table.empty() ? kEnd : append(sectors, fat, table, 512, '\xFF');
    std::string folders;
    for (const Entry& entry : entries) folders += entry_bytes(entry);
    const uint32_t folders_at = append(sectors, fat, folders, 512);
    const size_t n_fat = fat.size() / 127 + 1 + n_spare_tables_;
    const size_t fat_at = fat.size();
    for (size_t i = 0; i < n_fat; ++i) fat.push_back(0xFFFFFFFD);
    fat.resize(n_fat * 128, 0xFFFFFFFF);
    for (const uint32_t next : fat) sectors += le(next, 4);
    std::string header = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(16, '\0') + le(0x3E, 2) + le(3, 2) +
                         le(0xFFFE, 2) + le(9, 2) + le(6, 2) + std::string(10, '\0') + le(n_fat, 4) +
                         le(folders_at, 4) + le(0, 4) + le(4096, 4) + le(mini_fat_at, 4) +
                         le((table.size() + 511) / 512, 4) + le(kEnd, 4) + le(0, 4);
    for (size_t i = 0; i < 109; ++i) header += le(i < n_fat ? fat_at + i : 0xFFFFFFFF, 4);
    return header + sectors;
  }

 private:
  static constexpr uint32_t kEnd = 0xFFFFFFFE;
  struct Entry {
    std::string name;
    int type = 0;
    uint32_t first = 0;
    uint64_t n_bytes = 0;
    uint32_t right = 0xFFFFFFFF, child = 0xFFFFFFFF;
  };

  // Siblings are a list: each is the right one of that before it.
  static size_t add_entry(std::vector<Entry>& entries, size_t parent, const Entry& entry) {
    const auto idx = static_cast<uint32_t>(entries.size());
    uint32_t* link = &entries[parent].child;
    while (*link != 0xFFFFFFFF) link = &entries[*link].right;
    *link = idx;
    entries.push_back(entry);
    return idx;
  }
  static uint32_t append(std::string& out, std::vector<uint32_t>& table, const std::string& content, size_t unit,
                         char fill = '\0') {
    const auto first = static_cast<uint32_t>(table.size());
    const size_t n_units = std::max<size_t>(1, (content.size() + unit - 1) / unit);
    for (size_t i = 0; i < n_units; ++i)
      table.push_back(i + 1 == n_units ? kEnd : static_cast<uint32_t>(first + i + 1));
    out += content + std::string(n_units * unit - content.size(), fill);
    return first;
  }
  static std::string entry_bytes(const Entry& entry) {
    std::string name;
    for (const char c : entry.name) name += le(static_cast<uint8_t>(c), 2);
    std::string out = name + std::string(64 - name.size(), '\0') + le(name.size() + 2, 2) + le(entry.type, 1) +
                      le(1, 1) + le(0xFFFFFFFF, 4) + le(entry.right, 4) + le(entry.child, 4) + std::string(36, '\0') +
                      le(entry.first, 4) + le(entry.n_bytes, 8);
    return out;
  }

  std::map<std::string, std::string> streams_;
  size_t n_spare_tables_ = 0;
};

// One line of a paragraph's saved layout.
struct Line {
  uint32_t vertical = 0;
  uint32_t horizontal = 0;
};

// A paragraph: its text in UTF-16LE with controls, its records below, its layout.
inline std::string paragraph(uint32_t level, const std::string& text, const std::string& controls = "",
                             const std::vector<Line>& lines = {}, uint8_t breaks = 0, uint16_t shape = 0,
                             uint8_t style = 0) {
  std::string layout;
  for (const Line& line : lines)
    layout += le(0, 4) + le(line.vertical, 4) + std::string(16, '\0') + le(line.horizontal, 4) + std::string(8, '\0');
  std::string out =
      record(0x42, level,
             le(text.size() / 2, 4) + le(0, 4) + le(shape, 2) + le(style, 1) + le(breaks, 1) + std::string(10, '\0'));
  if (!text.empty()) out += record(0x43, level + 1, text);
  if (!layout.empty()) out += record(0x45, level + 1, layout);
  return out + controls;
}

// A control of eight units in a text, and the header of its records.
inline std::string control_id(const std::string& name) {
  return std::string(name.rbegin(), name.rend());
}
inline std::string control_char(uint16_t code, const std::string& name) {
  return le(code, 2) + control_id(name) + std::string(8, '\0') + le(code, 2);
}
inline std::string control_header(uint32_t level, const std::string& name, const std::string& data = "") {
  return record(0x47, level, control_id(name) + data);
}

struct CellAt {
  uint16_t column, row, column_span, row_span;
};
inline std::string cell(uint32_t level, const CellAt& at, const std::string& paragraphs) {
  return record(0x48, level,
                le(1, 4) + le(0, 4) + le(at.column, 2) + le(at.row, 2) + le(at.column_span, 2) + le(at.row_span, 2) +
                    std::string(18, '\0')) +
         paragraphs;
}
inline std::string table(uint32_t level, uint16_t rows, uint16_t columns, const std::string& cells,
                         const std::string& caption = "", const std::string& object = "") {
  std::string cells_of_rows;
  for (int i = 0; i < rows; ++i) cells_of_rows += le(columns, 2);
  return control_header(level, "tbl ", object) + caption +
         record(0x4D, level + 1,
                le(0, 4) + le(rows, 2) + le(columns, 2) + std::string(10, '\0') + cells_of_rows + le(1, 2) + le(0, 2)) +
         cells;
}

inline std::string file_header(uint32_t flags, uint32_t encrypt_version = 0) {
  std::string out = "HWP Document File";
  out.resize(32, '\0');
  return out + le(0x05010100, 4) + le(flags, 4) + le(0, 4) + le(encrypt_version, 4) + std::string(208, '\0');
}

inline std::string doc_info(uint16_t n_sections, const std::string& more = "") {
  return record(0x10, 0, le(n_sections, 2) + std::string(24, '\0')) + more;
}

// A document that packs its streams, of these sections.
inline std::string hwp_file(const std::vector<std::string>& sections, const std::string& info = "",
                            uint32_t flags = 1) {
  CompoundWriter writer;
  writer.add("FileHeader", file_header(flags));
  const auto stored = [&](const std::string& stream) { return (flags & 1) != 0 ? deflated(stream) : stream; };
  writer.add("DocInfo", stored(doc_info(static_cast<uint16_t>(sections.size()), info)));
  for (size_t i = 0; i < sections.size(); ++i) writer.add("BodyText/Section" + std::to_string(i), stored(sections[i]));
  return writer.bytes();
}

}  // namespace hanok::testing
