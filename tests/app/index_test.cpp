// The commands index and search, from a folder to the passages found.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/program.h"
#include "app/terminal.h"
#include "app/terminal_program.h"
#include "convert/e5s1_bytes.h"
#include "convert/package_file.h"
#include "documents/pdf_writer.h"
#include "text/unicode.h"

namespace hanok::testing {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class IndexCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(docs_ / "old");
    write_file(docs_ / "leave.md", "# 휴가 규정\n\n연차 휴가는 1년에 15일이다.\n");
    write_file(docs_ / "old/travel.txt", "출장 여비는 실비로 준다.\n");
  }
  Outcome run(const std::vector<std::string>& words, const Environment& more = {}) const {
    return run_program(words, environment(scratch_.path(), more));
  }
  Json json(std::vector<std::string> words) const {
    words.push_back("--json");
    const Outcome outcome = run(words);
    return Json::parse(outcome.out, nullptr, false);
  }
  Scratch scratch_;
  fs::path docs_ = fs::canonical(scratch_.path()) / "docs";
};

TEST_F(IndexCommand, AddsListsFindsAndRemoves) {
  const Json added = json({"index", "add", "rules", docs_.string()});
  EXPECT_EQ(added["added"], 2);
  EXPECT_EQ(added["passages"], 2);
  EXPECT_EQ(added["vectors"], false);
  const Json again = json({"index", "add", "rules", docs_.string()});
  EXPECT_EQ(again["unchanged"], 2);

  const Json all = json({"index", "list"});
  EXPECT_EQ(all["collections"][0]["name"], "rules");
  EXPECT_EQ(all["collections"][0]["sources"][0], docs_.string());
  const Json one = json({"index", "list", "rules"});
  EXPECT_EQ(one["files"].size(), 2u);

  const Json found = json({"search", "rules", "연차휴가는 며칠"});
  ASSERT_GE(found["results"].size(), 1u);
  const Json& first = found["results"][0];
  EXPECT_EQ(first["file"], (docs_ / "leave.md").string());
  EXPECT_EQ(first["page"], nullptr);
  EXPECT_EQ(first["heading"], "휴가 규정");
  EXPECT_THAT(first["text"].get<std::string>(), HasSubstr("15일이다"));
  EXPECT_EQ(first["legs"]["lexical"]["rank"], 1);
  EXPECT_EQ(first["legs"]["vector"], nullptr);
  EXPECT_EQ(found["legs"], Json::array({"lexical"}));
  EXPECT_THAT(found["note"].get<std::string>(), HasSubstr("words alone"));

  const std::string old = (docs_ / "old").string();
  const Json removed = json({"index", "rm", "rules", old});
  EXPECT_EQ(removed["removed_documents"], 1);
  EXPECT_EQ(removed["excluded"], true);
  EXPECT_EQ(json({"index", "list", "rules"})["excluded"], Json::array({old}));
  EXPECT_THAT(run({"index", "list"}).out, HasSubstr("without " + old));
  EXPECT_EQ(json({"index", "add", "rules", docs_.string()})["added"], 0);
  EXPECT_EQ(json({"search", "rules", "출장"})["results"].size(), 0u);
  EXPECT_EQ(json({"index", "add", "rules", old})["added"], 1) << "named, it is taken back";
  EXPECT_THAT(run({"index", "rm", "rules", old}).out, HasSubstr("hanok index add rules " + old));
  EXPECT_EQ(run({"index", "rm", "rules"}).exit_code, 11) << "nobody can be asked";
  EXPECT_EQ(run({"index", "rm", "rules", "--yes"}).exit_code, 0);
  EXPECT_EQ(json({"index", "list"})["collections"].size(), 0u);
  EXPECT_EQ(run({"search", "rules", "출장"}).exit_code, 6);
}

TEST_F(IndexCommand, ABrokenOrNewerCollectionCanBeRemoved) {
  const fs::path manifest = scratch_ / ".local/share/hanok/collections/rules/manifest";
  for (const size_t changed : {size_t{8}, size_t{30}}) {  // its version, its contents
    ASSERT_EQ(run({"index", "add", "rules", docs_.string()}).exit_code, 0);
    std::string bytes = read_file(manifest);
    bytes[changed] = 99;
    write_file(manifest, bytes);
    EXPECT_NE(run({"search", "rules", "휴가"}).exit_code, 0);
    EXPECT_EQ(run({"index", "rm", "rules"}).exit_code, 11) << "nobody can be asked";
    const Json removed = json({"index", "rm", "rules", "--yes"});
    EXPECT_EQ(removed["removed_documents"], nullptr) << removed.dump();
    EXPECT_FALSE(fs::exists(manifest.parent_path()));
  }
  EXPECT_EQ(run({"index", "rm", "rules", "--yes"}).exit_code, 6) << "it is gone";
}

TEST_F(IndexCommand, CompactingTakesTheTextOfFilesThatAreGoneOffTheDisk) {
  for (int i = 0; i < 8; ++i) write_file(docs_ / ("n" + std::to_string(i) + ".txt"), "글 " + std::to_string(i));
  write_file(docs_ / "secret.txt", "unusualword");
  run({"index", "add", "rules", docs_.string()});
  fs::remove(docs_ / "secret.txt");
  EXPECT_EQ(json({"index", "add", "rules", docs_.string()})["removed"], 1);
  const auto is_on_disk = [&] {
    bool any = false;
    for (const auto& entry : fs::directory_iterator(scratch_ / ".local/share/hanok/collections/rules"))
      any = any || read_file(entry.path()).find("unusualw") != std::string::npos;
    return any;
  };
  EXPECT_TRUE(is_on_disk());
  const Json compacted = json({"index", "compact", "rules"});
  EXPECT_LT(compacted["bytes"], compacted["bytes_before"]);
  EXPECT_FALSE(is_on_disk());
  EXPECT_EQ(json({"index", "list", "rules"})["documents"], 10);
  EXPECT_EQ(run({"index", "compact", "none"}).exit_code, 6);
}

TEST_F(IndexCommand, AFileAddedByItsNameIsFollowedWhenItIsDeleted) {
  const fs::path solo = docs_ / "leave.md";
  for (const bool by_removing : {false, true}) {
    write_file(solo, "# 휴가 규정\n\n연차 휴가는 1년에 15일이다.\n");
    ASSERT_EQ(json({"index", "add", "rules", solo.string()})["added"], 1);
    fs::remove(solo);
    const std::string relative = fs::relative(solo, fs::current_path()).string();
    const Json gone =
        by_removing ? json({"index", "rm", "rules", relative}) : json({"index", "add", "rules", relative});
    EXPECT_EQ(gone[by_removing ? "removed_documents" : "removed"], 1) << gone.dump();
    EXPECT_EQ(json({"search", "rules", "연차"})["results"].size(), 0u);
  }
  EXPECT_EQ(run({"index", "add", "other", solo.string()}).exit_code, 6);
  EXPECT_EQ(run({"index", "list", "other"}).exit_code, 6) << "no empty collection is left";
}

TEST_F(IndexCommand, LockedDocumentsAreReadWithThePassword) {
  PdfWriter pdf;
  pdf.add_page(lines_of_text({"(A secret appendix about travel)"}), pdf.helvetica());
  pdf.set_password("key");
  write_file(docs_ / "locked.pdf", pdf.bytes());
  write_file(scratch_ / "password", "key\n");
  write_file(scratch_ / "wrong", "lock\n");
  const std::vector<std::string> add{"index", "add", "rules", docs_.string(), "--json"};
  const auto with_file = [&](const char* name) {
    std::vector<std::string> words = add;
    words.insert(words.end(), {"--password-file", (scratch_ / name).string()});
    return Json::parse(run(words).out, nullptr, false);
  };
  const Json without = Json::parse(run(add).out, nullptr, false);
  ASSERT_EQ(without["skipped"].size(), 1u) << without.dump();
  EXPECT_EQ(with_file("wrong")["skipped"][0]["kind"], without["skipped"][0]["kind"]);
  EXPECT_EQ(with_file("password")["added"], 1);
  EXPECT_EQ(json({"search", "rules", "appendix"})["results"].size(), 1u);
  run({"index", "rm", "rules", "--yes"});
  EXPECT_EQ(Json::parse(run(add, {{"HANOK_DOCUMENT_PASSWORD", "key"}}).out, nullptr, false)["added"], 3);
  const std::string none = (scratch_ / "none").string();
  EXPECT_EQ(run({"index", "add", "rules", docs_.string(), "--password-file", none}).exit_code, 6);
}

TEST_F(IndexCommand, FiltersNarrowTheResults) {
  run({"index", "add", "rules", docs_.string()});
  const auto n = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"search", "rules", "는"};
    words.insert(words.end(), more.begin(), more.end());
    return json(words)["results"].size();
  };
  EXPECT_EQ(n({}), 2u);
  EXPECT_EQ(n({"-n", "1"}), 1u);
  EXPECT_EQ(n({"--folder", (docs_ / "old").string()}), 1u);
  EXPECT_EQ(n({"--type", "md"}), 1u);
  EXPECT_EQ(n({"--type", "md", "--type", "txt"}), 2u);
  EXPECT_EQ(n({"--until", "2001-01-01"}), 0u);
  EXPECT_EQ(n({"--since", "2001-01-01"}), 2u);
  EXPECT_EQ(n({"--type", "hwp, md,txt"}), 2u);
  const auto code = [&](const std::string& option, const std::string& value) {
    return run({"search", "rules", "는", option, value}).exit_code;
  };
  EXPECT_EQ(code("--since", "yesterday"), 3);
  EXPECT_EQ(code("--since", "2025-02-31"), 3);
  EXPECT_EQ(code("--until", "2024-02-29"), 0);
  EXPECT_EQ(code("--type", "hwq"), 3);
  EXPECT_EQ(code("--folder", (docs_ / "none").string()), 6);
}

TEST_F(IndexCommand, NamesInLettersAreFoundByNamesInSyllables) {
  const auto in = [&](const char* name, Normalization form) { return (docs_ / normalize(name, form)).string(); };
  constexpr auto kLetters = Normalization::kNfd, kSyllables = Normalization::kNfc;
  write_file(in("인사/발령.txt", kLetters), "발령 대장");
  write_file(in("인사/전보.txt", kLetters), "전보 대장");
  EXPECT_EQ(json({"index", "add", "rules", in("인사", kSyllables)})["added"], 2);
  const auto removed = [&](const std::string& path) {
    return json({"index", "rm", "rules", path}).value("removed_documents", -1);
  };
  fs::remove(in("인사/발령.txt", kLetters));
  EXPECT_EQ(removed(in("인사/발령.txt", kSyllables)), 1) << "gone from the disk too";
  EXPECT_EQ(removed(in("인사/발령.txt", kSyllables)), -1);
  EXPECT_EQ(removed(in("인사", kSyllables)), 1);
}

TEST_F(IndexCommand, NamesThatAreNoUtf8CanBeOpenedByTheirUri) {
  write_file(docs_ / "\xC8\xDE\xB0\xA1 1%.txt", "옛 이름의 글");
  run({"index", "add", "rules", docs_.string()});
  const Json found = json({"search", "rules", "옛 이름"})["results"][0];
  EXPECT_EQ(found["uri"], "file://" + docs_.string() + "/%C8%DE%B0%A1%201%25.txt");
  const Json listed = json({"index", "list", "rules"})["files"];
  EXPECT_THAT(listed.dump(), HasSubstr(found["uri"].get<std::string>()));
}

TEST_F(IndexCommand, AQueryWithoutLettersIsNone) {
  run({"index", "add", "rules", docs_.string()});
  for (const char* query : {"", "  ", "?!"}) {
    const Outcome outcome = run({"search", "rules", query});
    EXPECT_EQ(outcome.exit_code, 3) << query;
    EXPECT_THAT(outcome.err, HasSubstr("no letter and no digit"));
  }
}

TEST_F(IndexCommand, APassageOverPagesSaysWhereItBeginsAndEnds) {
  const auto paragraph = [](const std::string& text, const std::string& attributes) {
    return "<P " + attributes + "><TEXT><CHAR>" + text + "</CHAR></TEXT></P>";
  };
  write_file(docs_ / "two.hml", "<?xml version=\"1.0\"?><HWPML><BODY><SECTION>" + paragraph("첫 쪽의 안내", "") +
                                    paragraph("둘째 쪽의 안내", "PageBreak=\"true\"") + "</SECTION></BODY></HWPML>");
  run({"index", "add", "rules", docs_.string()});
  const Json found = json({"search", "rules", "안내"})["results"][0];
  EXPECT_EQ(found["page"], 1);
  EXPECT_EQ(found["page_end"], 2);
  EXPECT_EQ(found["page_is"], "approximate");
  EXPECT_THAT(run({"search", "rules", "안내"}).out, HasSubstr("two.hml, about pages 1–2\n"));
}

TEST_F(IndexCommand, SkippedFilesAreListedWithTheirReasons) {
  write_file(docs_ / "broken.hwp", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
  const Outcome outcome = run({"index", "add", "rules", docs_.string()});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("2 added"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("1 files were skipped"), HasSubstr("broken.hwp: ")));
  EXPECT_THAT(outcome.err, HasSubstr("no model for vectors"));
}

TEST_F(IndexCommand, WarningsOfTheReadersAreShown) {
  PdfWriter pdf;
  pdf.add_page(lines_of_text({"(Some text)"}) + " nonsense", pdf.helvetica());
  write_file(docs_ / "damaged.pdf", pdf.bytes());
  const Json added = json({"index", "add", "rules", docs_.string()});
  ASSERT_EQ(added["warnings"].size(), 1u) << added.dump();
  EXPECT_EQ(added["warnings"][0]["file"], (docs_ / "damaged.pdf").string());
  EXPECT_THAT(added["warnings"][0]["warnings"][0].get<std::string>(), HasSubstr("nonsense"));
  EXPECT_THAT(run({"index", "add", "other", docs_.string()}).err,
              AllOf(HasSubstr("1 files were read with warnings"), HasSubstr("damaged.pdf: ")));
}

TEST_F(IndexCommand, TextNamesFilesAndHasNoEscapesOffATerminal) {
  run({"index", "add", "rules", docs_.string()});
  const Outcome outcome = run({"search", "rules", "연차 휴가"});
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("1. " + (docs_ / "leave.md").string()), HasSubstr("15일이다"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(run({"search", "rules", "qqq"}).out, HasSubstr("nothing found"));
}

// What was drawn on one line, each time anew.
std::vector<std::string> frames(const std::string& screen, const std::string& label) {
  std::vector<std::string> out;
  for (size_t at = screen.find("\r" + label); at != std::string::npos; at = screen.find("\r" + label, at + 1)) {
    const std::string frame = screen.substr(at + 1, screen.find_first_of("\x1b\r\n", at + 1) - at - 1);
    out.push_back(frame);
  }
  return out;
}

TEST_F(IndexCommand, ANarrowTerminalHasRoomForTheBarsNumbers) {
  write_file(docs_ / (std::string(100, 'a') + ".txt"), "이름이 긴 파일\n");
  TerminalProgram program({"index", "add", "rules", docs_.string()}, environment(scratch_.path()), 80);
  EXPECT_EQ(program.exit_code(), 0);
  const std::vector<std::string> drawn = frames(program.screen(), "indexing  ");
  ASSERT_GE(drawn.size(), 2u) << program.screen();
  for (const std::string& frame : drawn) {
    EXPECT_LE(display_width(frame), 79u) << frame;
    EXPECT_THAT(frame, AllOf(HasSubstr("█"), HasSubstr(" %  "), HasSubstr(" passages, ")));
  }
  EXPECT_THAT(drawn.front(), HasSubstr("/s  aaa"));
  EXPECT_THAT(drawn.back(), AllOf(HasSubstr("100 %"), HasSubstr("3 passages")));
}

TEST_F(IndexCommand, OnATerminalTheQuerysWordsStandOut) {
  run({"index", "add", "rules", docs_.string()});
  const std::vector<std::string> words{"search", "rules", "연차 휴가"};
  TerminalProgram bright(words, environment(scratch_.path()));
  EXPECT_EQ(bright.exit_code(), 0);
  EXPECT_THAT(bright.screen(), AllOf(HasSubstr("\x1b[1;33m연차"), HasSubstr("\x1b[1m1. ")));
  TerminalProgram plain(words, environment(scratch_.path(), {{"NO_COLOR", "1"}}));
  EXPECT_EQ(plain.exit_code(), 0);
  EXPECT_THAT(plain.screen(), AllOf(HasSubstr("연차"), Not(HasSubstr("\x1b["))));
}

TEST_F(IndexCommand, WithAModelBothLegsTakePart) {
  write_file(scratch_ / "package.bin", E5s1Bytes().make());
  const std::string model = (scratch_ / "tiny.gguf").string();
  ASSERT_TRUE(convert_package_file("e5s1", scratch_ / "package.bin", model));
  const Json added = json({"index", "add", "rules", docs_.string(), "--embedder", model});
  EXPECT_EQ(added["vectors"], true) << added.dump();
  const Json found = json({"search", "rules", "연차 휴가", "--embedder", model});
  EXPECT_EQ(found["legs"], (Json::array({"lexical", "vector"})));
  EXPECT_EQ(found["note"], nullptr);
  EXPECT_TRUE(found["results"][0]["legs"]["vector"].is_object());
  EXPECT_EQ(json({"search", "rules", "연차 휴가", "--no-vectors"})["legs"], Json::array({"lexical"}));
}

TEST_F(IndexCommand, WatchFollowsTheFolder) {
  run({"index", "add", "rules", docs_.string()});
  const pid_t child = ::fork();
  if (child == 0) become_program({"index", "watch", "rules"}, environment(scratch_.path()));
  write_file(docs_ / "new.txt", "갑자기 생긴 파일\n");
  bool found = false;
  for (int i = 0; i < 200 && !found; ++i) {
    found = json({"search", "rules", "갑자기"})["results"].size() == 1;
    if (!found) ::usleep(100'000);
  }
  EXPECT_TRUE(found);
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(exit_code_of_status(status), 0);
}

TEST_F(IndexCommand, WatchMakesTheVectorsThatAreMissing) {
  write_file(scratch_ / "package.bin", E5s1Bytes().make());
  const std::string model = (scratch_ / "tiny.gguf").string();
  ASSERT_TRUE(convert_package_file("e5s1", scratch_ / "package.bin", model));
  run({"index", "add", "rules", (docs_ / "old").string(), "--embedder", model});
  run({"index", "add", "rules", (docs_ / "leave.md").string(), "--no-vectors"});
  const auto note = [&] { return json({"search", "rules", "휴가", "--embedder", model})["note"]; };
  ASSERT_TRUE(note().is_string());
  EXPECT_THAT(note().get<std::string>(), HasSubstr("1 passages have no vectors yet"));
  const pid_t child = ::fork();
  if (child == 0) become_program({"index", "watch", "rules", "--embedder", model}, environment(scratch_.path()));
  bool has_all = false;
  for (int i = 0; i < 200 && !has_all; ++i, ::usleep(100'000)) has_all = note().is_null();
  EXPECT_TRUE(has_all);
  ::kill(child, SIGINT);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(exit_code_of_status(status), 0);
}

TEST_F(IndexCommand, WatchStopsWhenItsCollectionIsRemoved) {
  run({"index", "add", "rules", docs_.string()});
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open((scratch_ / "watch.err").c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    become_program({"index", "watch", "rules"}, environment(scratch_.path()));
  }
  write_file(docs_ / "new.txt", "갑자기 생긴 파일\n");
  for (int i = 0; i < 200 && json({"search", "rules", "갑자기"})["results"].size() != 1; ++i) ::usleep(100'000);
  int removed = -1;  // refused while the watch still writes
  for (int i = 0; i < 200 && removed != 0; ++i, ::usleep(100'000))
    removed = run({"index", "rm", "rules", "--yes"}).exit_code;
  ASSERT_EQ(removed, 0);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(exit_code_of_status(status), 6);
  EXPECT_THAT(read_file(scratch_ / "watch.err"), HasSubstr("nothing is left to watch"));
  EXPECT_FALSE(fs::exists(scratch_ / ".local/share/hanok/collections/rules"));
}

TEST_F(IndexCommand, WrongUsageIsExplained) {
  EXPECT_THAT(run({"index"}).err, HasSubstr("no command given"));
  EXPECT_THAT(run({"index", "add", "rules", docs_.string(), "--jsno"}).err,
              AllOf(HasSubstr("unknown option"), HasSubstr("--json")));
  EXPECT_EQ(run({"index", "add", "a/b", docs_.string()}).exit_code, 3);
  EXPECT_EQ(run({"index", "add", "rules", (docs_ / "none").string()}).exit_code, 6);
  EXPECT_EQ(run({"index", "list", "none"}).exit_code, 6);
  EXPECT_THAT(run({"index", "add", "--help"}).out, HasSubstr("hanok index add rules"));
}

}  // namespace
}  // namespace hanok::testing
