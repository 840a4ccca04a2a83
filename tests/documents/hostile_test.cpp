// Files made to harm, in every format: bombs, entities, depth, damage at every length.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/limits.h"
#include "documents/reader.h"
#include "documents/render.h"
#include "documents/zip_writer.h"

namespace hanok::testing {
namespace {

struct Sample {
  const char* format;
  Members members;
  std::string body;  // the member with the text
};

// A small document of each kind of archive, with `text` where its text is.
std::vector<Sample> archives(const std::string& text) {
  const std::string relation = "<R><Relationship Id=\"r\" Type=\"x/";
  return {
      {"hwpx",
       {{"mimetype", "application/hwp+zip"},
        {"Contents/section0.xml", "<hs:sec><hp:p><hp:run><hp:t>" + text + "</hp:t></hp:run></hp:p></hs:sec>"}},
       "Contents/section0.xml"},
      {"docx",
       {{"word/document.xml",
         "<w:document><w:body><w:p><w:r><w:t>" + text + "</w:t></w:r></w:p></w:body></w:document>"}},
       "word/document.xml"},
      {"xlsx",
       {{"xl/workbook.xml", "<w xmlns:r=\"r\"><sheets><sheet name=\"s\" r:id=\"r\"/></sheets></w>"},
        {"xl/_rels/workbook.xml.rels", relation + "worksheet\" Target=\"a.xml\"/></R>"},
        {"xl/a.xml", "<w><sheetData><row><c t=\"str\"><v>" + text + "</v></c></row></sheetData></w>"}},
       "xl/a.xml"},
      {"pptx",
       {{"ppt/presentation.xml", "<p><sldIdLst><sldId id=\"1\" r:id=\"r\"/></sldIdLst></p>"},
        {"ppt/_rels/presentation.xml.rels", relation + "slide\" Target=\"a.xml\"/></R>"},
        {"ppt/a.xml",
         "<p><cSld><spTree><sp><txBody><p><r><t>" + text + "</t></r></p></txBody></sp></spTree></cSld></p>"}},
       "ppt/a.xml"},
      {"odt",
       {{"mimetype", "application/vnd.oasis.opendocument.text"},
        {"content.xml", "<d><office:body><office:text><text:p>" + text + "</text:p></office:text></office:body></d>"}},
       "content.xml"},
      {"epub",
       {{"mimetype", "application/epub+zip"},
        {"META-INF/container.xml", "<c><rootfiles><rootfile full-path=\"a.opf\"/></rootfiles></c>"},
        {"a.opf",
         "<p><manifest><item id=\"1\" href=\"a.xhtml\" "
         "media-type=\"application/xhtml+xml\"/></manifest><spine><itemref "
         "idref=\"1\"/></spine></p>"},
        {"a.xhtml", "<html><body><p>" + text + "</p></body></html>"}},
       "a.xhtml"},
  };
}

// An error or a document that can be shown: anything else would have crashed.
void must_end(const std::string& bytes, const std::string& name) {
  const auto document = read_document(bytes, name);
  if (!document) return;
  render_markdown(*document);
  render_json(*document);
}

TEST(Hostile, SamplesAreWhatTheyClaim) {
  for (const Sample& sample : archives("한글")) {
    const auto document = read_document(zipped(sample.members), "a");
    ASSERT_TRUE(document) << sample.format << ": " << document.error().to_string();
    EXPECT_EQ(document->format, sample.format);
    EXPECT_NE(document->text.find("한글"), std::string::npos) << sample.format;
  }
}

TEST(Hostile, BombsAreRefusedByEveryReader) {
  for (Sample sample : archives("")) {
    sample.members[sample.body] = std::string(64 << 20, ' ');  // a thousandth of it, packed
    const auto document = read_document(zipped(sample.members), "a");
    ASSERT_FALSE(document) << sample.format;
    EXPECT_EQ(document.error().kind, ErrorKind::kLimit) << sample.format << ": " << document.error().to_string();
  }
}

TEST(Hostile, EntitiesOfTheirOwnMakingAreNotExpanded) {
  const std::string laughs =
      "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">"
      "<!ENTITY secret SYSTEM \"file:///etc/passwd\">]>";
  for (Sample sample : archives("(&c;&secret;)")) {
    sample.members[sample.body] = laughs + sample.members[sample.body];
    const auto document = read_document(zipped(sample.members), "a");
    ASSERT_TRUE(document) << sample.format << ": " << document.error().to_string();
    EXPECT_EQ(document->text.find("haha"), std::string::npos) << sample.format;
    EXPECT_EQ(document->text.find("root:"), std::string::npos) << sample.format;
    EXPECT_NE(document->text.find('('), std::string::npos) << sample.format;
  }
}

TEST(Hostile, DepthIsBoundedInEveryReader) {
  std::string deep;
  for (int i = 0; i < 200000; ++i) deep += "<x>";
  for (const Sample& sample : archives(deep)) must_end(zipped(sample.members), "a");
  for (const char* name : {"a.html", "a.eml", "a.md", "a.csv", "a.txt"}) must_end(deep, name);
}

TEST(Hostile, DamageIsAnErrorAtEveryLength) {
  for (const Sample& sample : archives("한글")) {
    const std::string bytes = zipped(sample.members);
    for (size_t n = 0; n < bytes.size(); n += 3) {
      const auto document = read_document(bytes.substr(0, n), "a");
      EXPECT_FALSE(document && !document->text.empty() && n > 4) << sample.format << " " << n;
    }
  }
}

TEST(Hostile, XmlOfCountlessElementsIsRefusedBeforeItIsBuilt) {
  std::string many;
  many.reserve(kMaxXmlNodes * 4 + 64);
  for (size_t i = 0; i <= kMaxXmlNodes; ++i) many += i % 2 == 0 ? "<a>" : "</a>";
  Sample sample = archives("")[1];
  sample.members[sample.body] = "<w>" + many + "</w>";
  const auto document =
      read_document(zipped(sample.members, ZIP_CM_STORE), "a");  // packed, the ratio alone would refuse it
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::kLimit) << document.error().to_string();
}

// As large as the largest section of a real document that is known: 75 MB, packed to a thirty-fifth.
TEST(Hostile, ALargeButHonestDocumentIsRead) {
  std::string section = "<hs:sec>";
  size_t n_paragraphs = 0;
  uint32_t seed = 1;
  while (section.size() < size_t{75} << 20) {
    seed = seed * 1664525u + 1013904223u;
    section += "<hp:p id=\"" + std::to_string(seed) +
               "\" paraPrIDRef=\"12\" styleIDRef=\"3\" pageBreak=\"0\" columnBreak=\"0\" merged=\"0\">"
               "<hp:run charPrIDRef=\"7\"><hp:t>문단 " +
               std::to_string(n_paragraphs) +
               "</hp:t></hp:run><hp:linesegarray><hp:lineseg "
               "textpos=\"0\" vertpos=\"0\" vertsize=\"1000\" textheight=\"1000\" baseline=\"850\" spacing=\"600\" "
               "horzpos=\"0\" "
               "horzsize=\"42520\" flags=\"393216\"/></hp:linesegarray></hp:p>";
    ++n_paragraphs;
  }
  const auto document = read_document(
      zipped({{"mimetype", "application/hwp+zip"}, {"Contents/section0.xml", section + "</hs:sec>"}}), "a");
  ASSERT_TRUE(document) << document.error().to_string();
  EXPECT_EQ(document->blocks.size(), n_paragraphs);
}

}  // namespace
}  // namespace hanok::testing
