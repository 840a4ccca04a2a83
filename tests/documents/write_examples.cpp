// documents_examples FOLDER: writes the example documents that other readers are compared on (tests/real/readers.sh).
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/utf8.h"
#include "documents/hwp3_writer.h"
#include "documents/hwpml_writer.h"
#include "documents/office_writer.h"
#include "documents/part_lock.h"
#include "documents/pdf_writer.h"
#include "documents/story.h"

namespace hanok::testing {
namespace {

// What $HANOK_DOCUMENT_PASSWORD has to be.
constexpr const char* kPassword = "비밀1234";

using Files = std::map<std::string, std::string>;

// What a DOCX of these would not have: numbers, captions, scripts of equations.
bool is_only_of_hangul(std::string_view name) {
  return name == "numbering" || name == "equations" || name.starts_with("captioned");
}

void add_stories(Files& out) {
  for (const NamedStory& each : example_stories()) {
    out[each.name + ".hwp"] = hwp5_of(each.story);
    out[each.name + ".hwpx"] = hwpx_of(each.story);
    if (!is_only_of_hangul(each.name)) out[each.name + ".docx"] = docx_of(each.story);
  }
  const Story letter = example_stories().front().story;
  out["letter-not-packed.hwp"] = hwp5_of(letter, 0);
  out["letter-locked.hwpx"] = zipped(locked_parts(hwpx_members_of(letter), "Contents/section0.xml", kPassword));
}

// Hangul as HWP 3 keeps it: five bits each for initial, vowel and final.
uint16_t johab(char32_t c) {
  static constexpr uint16_t kVowels[] = {3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 23, 26, 27, 28, 29};
  if (c < 0x80) return static_cast<uint16_t>(c);
  const uint32_t syllable = c - 0xAC00, last = syllable % 28;
  return static_cast<uint16_t>(0x8000 | (syllable / 588 + 2) << 10 | kVowels[syllable / 28 % 21] << 5 |
                               (last < 17 ? last + 1 : last + 2));
}

std::vector<uint16_t> johab_of(std::string_view text) {
  std::vector<uint16_t> out;
  for (; !text.empty(); text.remove_prefix(utf8_char_length(text))) out.push_back(johab(utf8_code_point(text)));
  return out;
}

std::string hwp3_text(const std::string& text) {
  return hwp3_text_paragraph(johab_of(text));
}

std::string hwp3_list(const std::string& text) {
  return hwp3_text(text) + kHwp3EndOfList;
}

void add_hwp3(Files& out) {
  const std::string text = hwp3_text("한옥마을 보전 계획") +
                           hwp3_text("전통 가옥의 지붕과 담장을 고치는 비용을 지원한다.") +
                           hwp3_text("신청 기간은 1999. 3. 2.부터 4. 30.까지 (60일)이다.");
  out["hwp3-text.hwp"] = hwp3(text);
  out["hwp3-text-packed.hwp"] = hwp3(text, true);
  out["hwp3-text-locked.hwp"] = hwp3_locked(text, u"비밀1234");
  const std::string table =
      hwp3_control(10, hwp3_box_info(4) + hwp3_cell(0, 0, 4000, 2000) + hwp3_cell(4000, 0, 4000, 2000) +
                           hwp3_cell(0, 2000, 4000, 2000) + hwp3_cell(4000, 2000, 4000, 2000) + hwp3_list("구분") +
                           hwp3_list("금액") + hwp3_list("지붕") + hwp3_list("300만 원") + hwp3_list("표 제목"));
  out["hwp3-table.hwp"] =
      hwp3(hwp3_text("지원 내역") + hwp3_paragraph(table + hwp3_units({13}), 5) + hwp3_text("이상."));
  const std::string note = hwp3_control(17, std::string(14, '\0') + hwp3_list("소나무를 쓴다."));
  const std::vector<uint16_t> before = johab_of("한옥은 나무로 짓는다.");
  out["hwp3-note.hwp"] = hwp3(hwp3_paragraph(hwp3_units(before) + note + hwp3_units({13}), before.size() + 5) +
                              hwp3_text("마루는 시원하다."));
}

// Lines of text in the one font of a page, two bytes for each character.
class HangulLines {
 public:
  std::string code(std::string_view text) {
    std::string out = "<";
    for (; !text.empty(); text.remove_prefix(utf8_char_length(text))) {
      const std::string unit = fmt::format("{:04X}", static_cast<uint32_t>(utf8_code_point(text)));
      auto found = std::find(units_.begin(), units_.end(), unit);
      if (found == units_.end()) found = units_.insert(found, unit);
      out += fmt::format("{:04X}", found - units_.begin() + 1);
    }
    return out + ">";
  }
  const std::vector<std::string>& units() const { return units_; }

 private:
  std::vector<std::string> units_;
};

void add_pdf(Files& out) {
  PdfWriter latin;
  const int helvetica = latin.helvetica();
  latin.add_page(lines_of_text({"(Houses of wood and earth)", "(The first page has two lines.)"}), helvetica);
  latin.add_page(lines_of_text({"(The second page has one line.)"}), helvetica);
  out["latin.pdf"] = latin.bytes();
  HangulLines lines;
  const std::string first =
      lines_of_text({lines.code("한옥마을 보전 계획 시행 알림"), lines.code("전통 가옥의 지붕과 담장을 고친다."),
                     lines.code("신청 기간은 4월 30일까지이다.")},
                    12, 40);
  const std::string second = lines_of_text({lines.code("둘째 쪽의 글은 한 줄이다.")});
  PdfWriter hangul;
  const int batang = hangul.hangul(lines.units());
  hangul.add_page(first, batang);
  hangul.add_page(second, batang);
  out["hangul.pdf"] = hangul.bytes();
}

void add_xlsx(Files& out) {
  const auto text = [](const std::string& place, const std::string& words) {
    return "<c r=\"" + place + "\" t=\"inlineStr\"><is><t>" + words + "</t></is></c>";
  };
  out["sheet.xlsx"] =
      zipped(workbook("<sheetData><row r=\"1\">" + text("A1", "동별 지원 내역") + "</row><row r=\"2\">" +
                      text("A2", "구분") + text("B2", "가구") + text("C2", "비고") + "</row><row r=\"3\">" +
                      text("A3", "한옥 1동") + "<c r=\"B3\"><v>12</v></c>" + text("C3", "지붕") +
                      "</row><row r=\"4\">" + text("A4", "한옥 2동") + "<c r=\"B4\"><v>7</v></c>" + text("C4", "담장") +
                      "</row></sheetData><mergeCells count=\"1\"><mergeCell ref=\"A1:C1\"/></mergeCells>"));
}

int write_all(const std::filesystem::path& folder) {
  Files files;
  add_stories(files);
  add_hwp3(files);
  add_pdf(files);
  add_xlsx(files);
  files["example.hml"] = hwpml_example();
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : files) {
    std::ofstream file(folder / name, std::ios::binary);
    file << bytes;
    if (!file.flush()) {
      std::fprintf(stderr, "cannot write %s\n", (folder / name).c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace hanok::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: documents_examples FOLDER\n", stderr);
    return 2;
  }
  return hanok::testing::write_all(argv[1]);
}
