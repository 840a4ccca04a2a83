// PDF documents that the tests write themselves, read by poppler's programs and tesseract.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/child_process.h"
#include "documents/ocr.h"
#include "documents/page_layout.h"
#include "documents/pdf_images.h"
#include "documents/pdf_layout.h"
#include "documents/pdf_writer.h"
#include "documents/reader.h"

namespace hanok::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The PATH of this process, put back afterwards.
class Path {
 public:
  explicit Path(const std::string& path) : old_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~Path() { ::setenv("PATH", old_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

 private:
  std::string old_;
};

class Pdf : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(find_program("pdftotext"), "") << "these tests need poppler-utils (tools/packages.sh)";
  }
  static ReadDocument read(const std::string& bytes, const ReadOptions& options = {}) {
    auto document = read_document(bytes, "-odd name.txt", options);
    EXPECT_TRUE(document) << document.error().to_string();
    return document ? std::move(*document) : ReadDocument{};
  }
  static Error error_of(const std::string& bytes, const ReadOptions& options = {}) {
    const auto document = read_document(bytes, "a.pdf", options);
    EXPECT_FALSE(document);
    return document ? Error{} : document.error();
  }
};

std::string two_pages(const std::string& password = "") {
  PdfWriter pdf;
  const int font = pdf.helvetica();
  pdf.add_page(lines_of_text({"(The first line of this paragraph is the longest)", "(and the second ends early.)"}),
               font);
  pdf.add_page(lines_of_text({"(A second page with <one> & only line)"}), font);
  if (password.empty()) pdf.set_info("/Title<FEFFD55CC625>/Author(Kim)/CreationDate(D:20240102030405+09'00')");
  pdf.set_password(password);
  return pdf.bytes();
}

TEST_F(Pdf, ParagraphsHaveExactPages) {
  const ReadDocument document = read(two_pages());
  EXPECT_EQ(document.format, "pdf");
  EXPECT_EQ(document.n_pages, 2);
  ASSERT_EQ(document.blocks.size(), 2u);
  EXPECT_EQ(document.text,
            "The first line of this paragraph is the longest and the second ends early.\n\n"
            "A second page with <one> & only line\n");
  EXPECT_EQ(document.blocks[1].page.number, 2);
  EXPECT_EQ(document.blocks[1].page.certainty, PageCertainty::kExact);
  EXPECT_THAT(document.warnings, ElementsAre());
}

TEST_F(Pdf, MetadataIsRead) {
  const DocumentMetadata metadata = read(two_pages()).metadata;
  EXPECT_EQ(metadata.title, "한옥");
  EXPECT_EQ(metadata.author, "Kim");
  EXPECT_EQ(metadata.created, "2024-01-01T18:04:05Z");
}

TEST_F(Pdf, HangulIsReadThroughTheFontsMap) {
  PdfWriter pdf;
  const int font = pdf.hangul({"D55C", "AE00", "BB38", "C11C", "0020"});  // 한글문서 and a space
  pdf.add_page(lines_of_text({"<00010002000500030004>", "<00030004>"}, 12, 40), font);
  EXPECT_EQ(read(pdf.bytes()).text, "한글 문서\n\n문서\n");
}

TEST_F(Pdf, PasswordIsAskedForAndChecked) {
  const std::string locked = two_pages("열쇠");
  const Error missing = error_of(locked), wrong = error_of(locked, {.password = "-upw"});
  EXPECT_EQ(missing.kind, ErrorKind::kPassword);
  EXPECT_THAT(missing.what, HasSubstr("needed"));
  EXPECT_EQ(wrong.kind, ErrorKind::kPassword);
  EXPECT_THAT(wrong.what, HasSubstr("wrong"));
  EXPECT_THAT(read(locked, {.password = "열쇠"}).text, HasSubstr("second page"));
  EXPECT_THAT(read(two_pages(), {.password = "열쇠"}).text, HasSubstr("second page")) << "one that needs none";
}

TEST_F(Pdf, DamageIsNamed) {
  const std::string whole = two_pages();
  for (const std::string& bytes :
       {std::string("%PDF-1.7\n"), whole.substr(0, 200), "%PDF-1.4\n" + std::string(5000, 'x')}) {
    const Error error = error_of(bytes);
    EXPECT_EQ(error.kind, ErrorKind::kCorruptFile) << error.to_string();
  }
  PdfWriter pdf;
  pdf.add_page(lines_of_text({"(Some text)"}) + " nonsense", pdf.helvetica());
  const ReadDocument document = read(pdf.bytes());
  EXPECT_EQ(document.text, "Some text\n");
  ASSERT_THAT(document.warnings, ::testing::SizeIs(1));
  EXPECT_THAT(document.warnings[0], HasSubstr("nonsense"));
}

TEST_F(Pdf, AMissingProgramIsNamedWithItsPackage) {
  const Path none("/nonexistent");
  const Error error = error_of(two_pages());
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_THAT(error.hint, HasSubstr("poppler-utils"));
}

TEST_F(Pdf, CancelStopsIt) {
  const std::atomic<bool> cancel = true;
  EXPECT_EQ(error_of(two_pages(), {.cancel = &cancel}).kind, ErrorKind::kInterrupted);
}

std::string missing_packages() {
  return missing_ocr_packages(nullptr).value_or("a tesseract that runs");
}

// The first page of the PDF as pixels, as a scanner sees it.
std::string scan(const std::string& pdf) {
  const auto file = nameless_file(pdf);
  ChildCommand command;
  command.arguments = {find_program("pdftoppm"), "-r", "150", "-gray", "-singlefile", kChildFile};
  command.file = file->get();
  const auto output = run_child(std::move(command), {std::chrono::minutes(5), 64 << 20});
  EXPECT_TRUE(output) << output.error().to_string();
  return output ? output->out : std::string();
}

// A PDF whose pages are the picture (PGM).
std::string pdf_of_picture(const std::string& pgm, int n_pages = 1) {
  int width = 0, height = 0, n_header = 0;
  EXPECT_EQ(std::sscanf(pgm.c_str(), "P5 %d %d 255%n", &width, &height, &n_header), 2);
  PdfWriter pdf;
  const int image = pdf.add_stream(pgm.substr(static_cast<size_t>(n_header) + 1),
                                   fmt::format("/Type/XObject/Subtype/Image/Width {}/Height {}/ColorSpace/DeviceGray"
                                               "/BitsPerComponent 8",
                                               width, height));
  for (int i = 0; i < n_pages; ++i) pdf.add_page("595 0 0 842 0 0 cm /I1 Do", 0, image);
  return pdf.bytes();
}

TEST_F(Pdf, AScanIsRecognised) {
  if (!missing_packages().empty()) GTEST_SKIP() << "needs " << missing_packages();
  PdfWriter pdf;
  pdf.add_page(lines_of_text({"(Public notice number 42)", "(Seoul Metropolitan City)"}, 28, 60), pdf.helvetica());
  int n_told = 0;
  ReadOptions options;
  options.on_recognised = [&](int, int n_pages) { n_told += n_pages; };
  const ReadDocument document = read(pdf_of_picture(scan(pdf.bytes()), 2), options);
  EXPECT_THAT(document.text, HasSubstr("Public notice number 42"));
  EXPECT_EQ(document.n_pages, 2);
  ASSERT_FALSE(document.blocks.empty());
  EXPECT_EQ(document.blocks.back().page.number, 2);
  EXPECT_EQ(n_told, 4) << "two pages, each told with the number of them";
  ASSERT_EQ(document.warnings.size(), 1u);
  EXPECT_THAT(document.warnings[0], HasSubstr("pages 1-2"));
}

TEST_F(Pdf, AScanInHangulIsRecognised) {
  if (!missing_packages().empty()) GTEST_SKIP() << "needs " << missing_packages();
  PdfWriter pdf;
  const int cid = pdf.add(
      "<</Type/Font/Subtype/CIDFontType0/BaseFont/NanumGothic/CIDSystemInfo<</Registry(Adobe)"
      "/Ordering(Korea1)/Supplement 1>>/DW 1000/FontDescriptor<</Type/FontDescriptor/FontName/NanumGothic"
      "/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800/Descent -200/StemV 80>>>>");
  const int font =
      pdf.add(fmt::format("<</Type/Font/Subtype/Type0/BaseFont/NanumGothic/Encoding/KSCms-UHC-H"
                          "/DescendantFonts[{} 0 R]>>",
                          cid));
  pdf.add_page(lines_of_text({"<B4EBC7D1B9CEB1B9>"}, 60, 60), font);  // 대한민국
  const std::string picture = scan(pdf.bytes());
  if (picture.find('\0') == std::string::npos) GTEST_SKIP() << "needs fonts-nanum and poppler-data: the page is blank";
  std::string text = read(pdf_of_picture(picture)).text;
  std::erase(text, ' ');
  EXPECT_THAT(text, HasSubstr("대한민국"));
}

TEST_F(Pdf, AScanWithoutTheProgramsSaysWhichPackagesToInstall) {
  PdfWriter pdf;
  pdf.add_page("", pdf.helvetica());
  const std::string scanned = pdf_of_picture(scan(pdf.bytes()));
  const std::string poppler = std::filesystem::temp_directory_path() / "hanok-poppler-only-XXXXXX";
  std::string folder = poppler;
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  for (const char* name : {"pdftotext", "pdfimages", "pdftoppm"})
    std::filesystem::create_symlink(find_program(name), std::filesystem::path(folder) / name);
  {
    const Path only(folder);
    const Error error = error_of(scanned);
    EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
    EXPECT_THAT(error.hint, HasSubstr("tesseract-ocr tesseract-ocr-kor"));
  }
  std::filesystem::remove_all(folder);
}

TEST(PageLayout, ALineThatHadRoomForTheNextWordEndsOnPurpose) {
  const LayoutWord word{"가", 0, 10}, wide{"나나나", 20, 90};
  EXPECT_EQ(text_of_lines(std::vector<LayoutLine>{{0, 10, {word, wide}}, {10, 20, {word}}}), "가 나나나 가");
  EXPECT_EQ(text_of_lines(std::vector<LayoutLine>{{0, 10, {word}}, {10, 20, {word, wide}}}), "가\n가 나나나");
  EXPECT_EQ(text_of_lines({}), "");
}

TEST(PageLayout, GarbledTextIsKnown) {
  std::string wrong;
  for (int i = 0; i < 20; ++i) wrong += "쭒컫 많핂슪";
  EXPECT_TRUE(is_garbled(wrong));
  EXPECT_TRUE(is_garbled("\uE001\uE002\uE003가"));
  EXPECT_FALSE(is_garbled(
      "이 법은 대한민국 국회의 조직과 의사에 관한 사항을 정함을 목적으로 한다. 국회는 매년 한 번 모인다. 회기는 백일을 "
      "넘지 못한다."));
}

TEST(PdfImages, PagesThatAPictureCoversAreFound) {
  const char* list =
      "page   num  type   width height color comp bpc  enc interp  object ID x-ppi y-ppi size ratio\n"
      "-----\n"
      "   2     0 image    2480  3508  gray    1   8  jpeg   no        14  0   300   300  100K 1.2%\n"
      "   2     1 smask    2480  3508  gray    1   8  jpeg   no        15  0   300   300  100K 1.2%\n"
      "   9     2 image    2480  3508  gray    1   8  jpeg   no  [inline]   300   300  100K 1.2%\n";
  EXPECT_THAT(pictured_area(list, 2), ElementsAre(0, ::testing::DoubleNear(2480 / 300.0 * 3508 / 300.0, 1e-9)));
}

TEST(Tsv, WordsBecomeParagraphs) {
  const std::string head =
      "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";
  const std::string tsv = head +
                          "5\t1\t1\t1\t1\t1\t0\t0\t40\t10\t96\t가\n5\t1\t1\t1\t1\t2\t50\t0\t50\t10\t96\t나\n"
                          "5\t1\t1\t1\t2\t1\t0\t20\t40\t10\t96\t다\n4\t1\t1\t2\t1\t0\t0\t0\t0\t0\t-1\t\n"
                          "5\t1\t1\t2\t1\t1\t0\t40\t40\t10\t96\t라\n5\t1\n";
  EXPECT_THAT(paragraphs_of_tsv(tsv), ElementsAre("가 나 다", "라"));
}

}  // namespace
}  // namespace hanok::testing
