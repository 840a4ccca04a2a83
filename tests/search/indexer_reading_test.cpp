// What the readers of documents tell the index: stops, progress, warnings, passwords, refusals.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/index_folder.h"

namespace hanok::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class IndexerReading : public IndexerTest {
 protected:
  // Programs of the tests' own take the place of poppler's and tesseract.
  void SetUp() override {
    program("pdftotext",
            "echo '<html><head><title>t</title></head><body><doc>'\n"
            "echo '<page width=\"595\" height=\"842\"><flow><block><line yMin=\"0\" yMax=\"9\">'\n"
            "for word in one two three four five six seven eight written; do\n"
            "echo \"<word xMin=\\\"0\\\" xMax=\\\"9\\\">$word</word>\"; done\n"
            "echo '</line></block></flow></page>'\n"
            "echo '<page width=\"595\" height=\"842\"></page></doc></body></html>'\n");
    program("pdfimages", "echo '2 0 image 1654 2339 gray 1 8 jpeg no 1 0 200 200 100K 1%'\n");
    program("pdftoppm", "echo picture\n");
    ::setenv("PATH", programs_.c_str(), 1);
    write("스캔.pdf", "%PDF-1.4\n");
    settle("스캔.pdf");
  }
  void TearDown() override { ::setenv("PATH", old_path_.c_str(), 1); }
  void program(const std::string& name, const std::string& script) {
    write_file(programs_ / name, "#!/bin/sh\n" + script);
    fs::permissions(programs_ / name, fs::perms::owner_all);
  }
  void install_tesseract(const std::string& language) {
    program("tesseract", "case \"$*\" in\n*--list-langs*) echo " + language +
                             ";;\n*) printf '5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t90\\trecognised\\n';;\nesac\n");
  }
  fs::path programs_ = scratch_ / "programs";
  const std::string old_path_ = std::getenv("PATH");
};

TEST_F(IndexerReading, StopsWhileADocumentIsRead) {
  const std::atomic<bool> cancel = true;
  IndexOptions options;
  options.cancel = &cancel;
  const IndexReport report = update(options);
  ASSERT_FALSE(last_);
  EXPECT_EQ(last_.error().kind, ErrorKind::kInterrupted);
  EXPECT_THAT(report.skipped, IsEmpty()) << "it is not the document's fault";
  EXPECT_EQ(update().n_added, 1u);
}

TEST_F(IndexerReading, AsksWhetherToGoOnWhileAFileIsHashed) {
  write("큰 글.txt", std::string(size_t{5} << 20, '\n') + "글");
  settle("큰 글.txt");
  int n_asked = 0;
  IndexOptions options;
  options.going_on = [&n_asked] { return ++n_asked > 0; };
  ASSERT_EQ(update(options).n_added, 2u);
  n_asked = 0;
  update(options);
  const int n_without = n_asked;
  settle("큰 글.txt");  // another time: only its bytes tell that it is the same
  n_asked = 0;
  EXPECT_EQ(update(options).n_unchanged, 2u);
  EXPECT_GE(n_asked, n_without + 5) << "once a MiB";
}

TEST_F(IndexerReading, PagesThatAreRecognisedAreTold) {
  install_tesseract("kor");
  std::vector<IndexProgress> told;
  IndexOptions options;
  options.on_progress = [&](const IndexProgress& p) {
    if (p.step == IndexProgress::Step::kRecognising) told.push_back(p);
  };
  update(options);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].part_total, 1u);
  EXPECT_THAT(told[0].file, HasSubstr("스캔.pdf"));
  EXPECT_THAT(search("recognised"), ElementsAre("스캔.pdf"));
}

TEST_F(IndexerReading, WarningsAreToldAndTheFileIsReadAgainWhenItMayReadBetter) {
  IndexReport report = update();
  EXPECT_EQ(report.n_added, 1u);
  ASSERT_EQ(report.warned.size(), 1u);
  EXPECT_THAT(report.warned[0].path, HasSubstr("스캔.pdf"));
  ASSERT_EQ(report.warned[0].warnings.size(), 1u);
  EXPECT_THAT(report.warned[0].warnings[0], HasSubstr("tesseract-ocr"));
  EXPECT_EQ(update().n_unchanged, 1u);
  install_tesseract("eng");
  EXPECT_EQ(update().n_changed, 1u);
  EXPECT_THAT(search("recognised"), IsEmpty()) << "Korean is missing";
  install_tesseract("kor");
  EXPECT_EQ(update().n_changed, 1u);
  EXPECT_THAT(search("recognised"), ElementsAre("스캔.pdf"));
  EXPECT_THAT(search("written"), ElementsAre("스캔.pdf"));
  EXPECT_EQ(update().n_unchanged, 1u);
  fs::remove(docs_ / "스캔.pdf");
  EXPECT_EQ(update().n_removed, 1u);
  EXPECT_TRUE(open_snapshot(folder_)->manifest.notes.empty());
}

TEST_F(IndexerReading, ARefusedFileIsReadAgainOnlyWhenThatMayHelp) {
  const fs::path log = scratch_ / "log";
  const auto n_runs = [&] { return fs::exists(log) ? read_file(log).size() : 0; };
  program("pdftotext", "printf x >> " + log.string() + "\necho 'Syntax Error: broken' >&2\nexit 1\n");
  const IndexReport first = update(), second = update();
  EXPECT_EQ(n_runs(), 1u);
  ASSERT_EQ(first.skipped.size(), 1u);
  ASSERT_EQ(second.skipped.size(), 1u) << "it is told every time";
  EXPECT_EQ(second.skipped[0].reason.to_string(), first.skipped[0].reason.to_string());
  settle("스캔.pdf");
  update();
  EXPECT_EQ(n_runs(), 2u) << "another time";
  IndexOptions newer;
  newer.version = "newer";
  update(newer);
  EXPECT_EQ(n_runs(), 3u) << "another program";
  install_tesseract("kor");
  update(newer);
  EXPECT_EQ(n_runs(), 4u) << "another helper";
  write("스캔.pdf", "%PDF-1.7\n");
  update(newer);
  update(newer);
  EXPECT_EQ(n_runs(), 6u) << "so young that its time may not tell of another change";
  settle("스캔.pdf");
  update(newer);
  EXPECT_TRUE(remove(docs_ / "스캔.pdf")) << "what is refused can be excluded";
  EXPECT_THAT(update(newer).skipped, IsEmpty());
}

TEST_F(IndexerReading, AFileThatIsTooLargeIsNotHashed) {
  write("큰 것.bin", "");
  fs::resize_file(docs_ / "큰 것.bin", (uint64_t{1} << 30) + 1);  // a hole
  int n_asked = 0;
  IndexOptions options;
  options.going_on = [&n_asked] { return ++n_asked > 0; };
  const IndexReport report = update(options);
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_EQ(report.skipped[0].reason.kind, ErrorKind::kLimit);
  EXPECT_LT(n_asked, 100) << "hashing asks once a MiB";
}

}  // namespace
}  // namespace hanok::testing
