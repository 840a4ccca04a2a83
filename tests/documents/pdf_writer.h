// PDF files for tests, made by hand: pages of text in a standard font, in Hangul with a map to Unicode, or of a
// picture.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace hanok::testing {

class PdfWriter {
 public:
  // Adds an object and returns its number.
  int add(const std::string& object) {
    objects_.push_back(object);
    return static_cast<int>(objects_.size());
  }
  int add_stream(const std::string& bytes, const std::string& entries = "") {
    streams_.push_back(static_cast<int>(objects_.size()) + 1);
    return add(fmt::format("<</Length {}{}>>stream\n{}\nendstream", bytes.size(), entries, bytes));
  }
  // A page that shows the content with /F1 and /I1.
  void add_page(const std::string& content, int font, int image = 0) {
    const int stream = add_stream(content);
    pages_.push_back(
        add(fmt::format("<</Type/Page/Parent {} 0 R/MediaBox[0 0 595 842]/Contents {} 0 R/Resources<</Font<<{}>>"
                        "/XObject<<{}>>>>>>",
                        kPagesPlaceholder, stream, font > 0 ? fmt::format("/F1 {} 0 R", font) : "",
                        image > 0 ? fmt::format("/I1 {} 0 R", image) : "")));
  }
  int helvetica() { return add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"); }

  // Hangul in two-byte codes 1, 2, … for the given UTF-16 hex units; the font itself is not in the file.
  int hangul(const std::vector<std::string>& units) {
    std::string map =
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n";
    map += fmt::format("{} beginbfchar\n", units.size());
    for (size_t i = 0; i < units.size(); ++i) map += fmt::format("<{:04X}> <{}>\n", i + 1, units[i]);
    const int to_unicode = add_stream(map + "endbfchar endcmap end end");
    const int descriptor =
        add("<</Type/FontDescriptor/FontName/Batang/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800"
            "/Descent -200/CapHeight 800/StemV 80>>");
    std::string widths;  // a third of an em for the space
    for (size_t i = 0; i < units.size(); ++i)
      if (units[i] == "0020") widths += fmt::format("{} [333] ", i + 1);
    const int cid =
        add(fmt::format("<</Type/Font/Subtype/CIDFontType2/BaseFont/Batang/CIDSystemInfo<</Registry(Adobe)"
                        "/Ordering(Identity)/Supplement 0>>/FontDescriptor {} 0 R/DW 1000/W[{}]>>",
                        descriptor, widths));
    return add(
        fmt::format("<</Type/Font/Subtype/Type0/BaseFont/Batang/Encoding/Identity-H/DescendantFonts[{} 0 R]"
                    "/ToUnicode {} 0 R>>",
                    cid, to_unicode));
  }
  void set_info(const std::string& entries) { info_ = entries; }
  // Locks the file with RC4 of 40 bits, the first of PDF's ciphers (PDF 1.1, algorithms 3.1 to 3.4).
  void set_password(const std::string& password) { password_ = password; }

  std::string bytes() {
    const int pages = static_cast<int>(objects_.size()) + 1;
    std::string kids;
    for (const int page : pages_) kids += fmt::format("{} 0 R ", page);
    add(fmt::format("<</Type/Pages/Kids[{}]/Count {}>>", kids, pages_.size()));
    const int catalogue = add(fmt::format("<</Type/Catalog/Pages {} 0 R>>", pages));
    const int info = info_.empty() ? 0 : add("<<" + info_ + ">>");
    const std::string lock = password_.empty() ? "" : encrypt();
    std::string out = "%PDF-1.4\n";
    std::vector<size_t> offsets;
    for (size_t i = 0; i < objects_.size(); ++i) {
      offsets.push_back(out.size());
      std::string object = objects_[i];
      if (const size_t at = object.find(kPagesPlaceholder); at != std::string::npos)
        object.replace(at, std::string_view(kPagesPlaceholder).size(), fmt::format("{}", pages));
      out += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, object);
    }
    const size_t table = out.size();
    out += fmt::format("xref\n0 {}\n0000000000 65535 f \n", objects_.size() + 1);
    for (const size_t offset : offsets) out += fmt::format("{:010} 00000 n \n", offset);
    out += fmt::format("trailer\n<</Size {}/Root {} 0 R{}{}>>\nstartxref\n{}\n%%EOF\n", objects_.size() + 1, catalogue,
                       info > 0 ? fmt::format("/Info {} 0 R", info) : "", lock, table);
    return out;
  }

 private:
  static constexpr const char* kPagesPlaceholder = "@PAGES@";

  static std::string md5(const std::string& bytes) {
    std::string out(16, '\0');
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_md5(), nullptr);
    return out;
  }
  static std::string rc4(const std::string& key, const std::string& text) {
    unsigned char state[256];
    for (int i = 0; i < 256; ++i) state[i] = static_cast<unsigned char>(i);
    for (int i = 0, j = 0; i < 256; ++i) {
      j = (j + state[i] + static_cast<unsigned char>(key[static_cast<size_t>(i) % key.size()])) & 255;
      std::swap(state[i], state[j]);
    }
    std::string out;
    int i = 0, j = 0;
    for (const char c : text) {
      i = (i + 1) & 255;
      j = (j + state[i]) & 255;
      std::swap(state[i], state[j]);
      out += static_cast<char>(static_cast<unsigned char>(c) ^ state[(state[i] + state[j]) & 255]);
    }
    return out;
  }
  static std::string hex(const std::string& bytes) {
    std::string out;
    for (const char c : bytes) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
    return out;
  }
  std::string encrypt() {
    const std::string padding(
        "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80"
        "\x2F\x0C\xA9\xFE\x64\x53\x69\x7A",
        32);
    const std::string padded = (password_ + padding).substr(0, 32), id(16, 'i'), permissions("\xFC\xFF\xFF\xFF", 4);
    const std::string owner = rc4(md5(padded).substr(0, 5), padded);
    const std::string key = md5(padded + owner + permissions + id).substr(0, 5);
    for (const int number : streams_) {
      std::string& object = objects_[static_cast<size_t>(number) - 1];
      const size_t begin = object.find("stream\n") + 7,
                   n = object.size() - begin - std::string_view("\nendstream").size();
      const std::string salt{static_cast<char>(number), static_cast<char>(number >> 8), 0, 0, 0};
      object.replace(begin, n, rc4(md5(key + salt).substr(0, 10), object.substr(begin, n)));
    }
    return fmt::format("/ID[<{}><{}>]/Encrypt<</Filter/Standard/V 1/R 2/O<{}>/U<{}>/P -4>>", hex(id), hex(id),
                       hex(owner), hex(rc4(key, padding)));
  }

  std::vector<std::string> objects_;
  std::vector<int> streams_, pages_;
  std::string info_, password_;
};

// Lines of text from the top of the page on, each `leading` points below the one before.
inline std::string lines_of_text(const std::vector<std::string>& lines, int size = 12, int leading = 14) {
  std::string out = fmt::format("BT /F1 {} Tf 72 760 Td ", size);
  for (const std::string& line : lines) out += fmt::format("{} Tj 0 -{} Td ", line, leading);
  return out + "ET";
}

}  // namespace hanok::testing
