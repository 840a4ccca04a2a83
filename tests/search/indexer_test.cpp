// A collection follows its folders: new, changed and removed files, links, what cannot be read, interruptions.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "search/index_folder.h"
#include "text/unicode.h"

namespace hanok::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

TEST_F(IndexerTest, FollowsTheFolder) {
  IndexReport report = update();
  EXPECT_EQ(report.n_added, 2u);
  EXPECT_EQ(report.n_chunks, 2u);
  EXPECT_THAT(search("출장여비"), ElementsAre("안/둘.txt"));
  write("안/둘.txt", "숙박은 정액이다.");
  write("셋.csv", "이름,값\n다나,1\n");
  fs::remove(docs_ / "하나.md");
  report = update();
  EXPECT_EQ(report.n_added, 1u);
  EXPECT_EQ(report.n_changed, 1u);
  EXPECT_EQ(report.n_removed, 1u);
  EXPECT_THAT(search("출장여비"), IsEmpty());
  EXPECT_THAT(search("숙박"), ElementsAre("안/둘.txt"));
  EXPECT_THAT(search("연차휴가"), IsEmpty());
  EXPECT_EQ(n_documents(), 2u);
}

TEST_F(IndexerTest, WhatDidNotChangeIsPassedOver) {
  settle("하나.md");
  settle("안/둘.txt");
  update();
  const uint64_t before = open_snapshot(folder_)->manifest.generation;
  IndexReport report = update();
  EXPECT_EQ(report.n_unchanged, 2u);
  EXPECT_EQ(report.n_added + report.n_changed + report.n_removed, 0u);
  EXPECT_EQ(open_snapshot(folder_)->manifest.generation, before) << "nothing was written";
  fs::last_write_time(docs_ / "하나.md", fs::file_time_type::clock::now());
  EXPECT_EQ(update().n_unchanged, 2u) << "touched, but the same to the byte";
}

TEST_F(IndexerTest, AChangeWithinTheClocksGrainIsSeen) {
  write("하나.md", "연차 휴가는 15일이다.");
  update();
  const auto time = fs::last_write_time(docs_ / "하나.md");
  write("하나.md", "연차 휴가는 25일이다.");
  fs::last_write_time(docs_ / "하나.md", time);
  EXPECT_EQ(update().n_changed, 1u) << "the same size and time";
}

TEST_F(IndexerTest, LinksOutOfTheFolderAndHiddenFilesAreNotTaken) {
  write_file(scratch_ / "밖/비밀.txt", "비밀의 글");
  fs::create_symlink(scratch_ / "밖", docs_ / "밖으로");
  fs::create_symlink(docs_ / "하나.md", docs_ / "안으로.md");
  fs::create_directory_symlink(docs_, docs_ / "고리");
  write(".git/config.txt", "숨은 글");
  const IndexReport report = update();
  EXPECT_EQ(report.n_added, 2u);
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_THAT(report.skipped[0].path, HasSubstr("밖으로"));
  EXPECT_EQ(report.skipped[0].reason.kind, ErrorKind::kRefused);
  EXPECT_THAT(search("밀"), IsEmpty());
}

TEST_F(IndexerTest, WhatCannotBeReadIsToldAndTheRestGoesOn) {
  write("깨짐.hwp", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
  write("그림.png", "\x01\x02\xff\xff\x03\xff");
  ::mkfifo((docs_ / "pipe").c_str(), 0600);
  const IndexReport report = update();
  EXPECT_EQ(report.n_added, 2u);
  ASSERT_EQ(report.skipped.size(), 2u);
  EXPECT_EQ(report.skipped[0].reason.kind, ErrorKind::kUnsupported);
  EXPECT_EQ(report.skipped[1].reason.kind, ErrorKind::kCorruptFile);
}

TEST_F(IndexerTest, AnInterruptedRunKeepsWhatWasStoredAndGoesOn) {
  for (int i = 0; i < 20; ++i) write("n" + std::to_string(i) + ".txt", "글 번호 " + std::to_string(i));
  int n_asked = 0;
  IndexOptions options;
  options.commit_chunks = 4;
  options.going_on = [&n_asked] { return ++n_asked < 40; };
  const IndexReport report = update(options);
  ASSERT_FALSE(last_);
  EXPECT_EQ(last_.error().kind, ErrorKind::kInterrupted);
  EXPECT_GT(report.n_added, 0u);
  EXPECT_LT(report.n_added, 22u);
  EXPECT_EQ(n_documents(), report.n_added) << "the report counts what is stored";
  const IndexReport rest = update();
  EXPECT_EQ(rest.n_added, 22u - report.n_added);
  EXPECT_EQ(n_documents(), 22u);
}

TEST_F(IndexerTest, AFileAloneIsASourceAndAFolderBelowOneIsNone) {
  update({}, docs_ / "하나.md");
  EXPECT_THAT(search("연차"), ElementsAre("하나.md"));
  update({}, docs_);
  EXPECT_EQ(n_documents(), 2u) << "the file is not there twice";
  update({}, docs_ / "안");
  EXPECT_EQ(open_snapshot(folder_)->manifest.sources.size(), 2u);
}

TEST_F(IndexerTest, RemovingAFolderRemovesWhatIsBelowIt) {
  update();
  auto writer = CollectionWriter::open(folder_);
  auto indexer = Indexer::open(*writer, {});
  EXPECT_EQ(*indexer->remove(docs_ / "안"), 1u);
  EXPECT_EQ(indexer->remove(docs_ / "안").error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(search("출장"), IsEmpty());
  EXPECT_THAT(search("연차"), ElementsAre("하나.md"));
  EXPECT_EQ(*indexer->remove(docs_), 1u);
  EXPECT_TRUE(open_snapshot(folder_)->manifest.sources.empty());
  EXPECT_TRUE(open_snapshot(folder_)->segments.empty());
}

TEST_F(IndexerTest, WhatWasRemovedBelowASourceStaysAwayUntilItIsNamed) {
  const auto include = [&](const fs::path& path) {
    auto writer = CollectionWriter::open(folder_);
    auto indexer = Indexer::open(*writer, {});
    indexer->include(path);
    IndexReport report;
    EXPECT_TRUE(indexer->update(path, report));
    return report.n_added;
  };
  write("안/셋.txt", "숙박은 정액이다.");
  update();
  ASSERT_EQ(*remove(docs_ / "안"), 2u);
  EXPECT_EQ(update().n_added, 0u);
  EXPECT_EQ(update({}, docs_ / "안").n_added, 0u) << "as a watch does";
  EXPECT_EQ(include(docs_), 0u);
  EXPECT_THAT(open_snapshot(folder_)->manifest.exclusions, ElementsAre((docs_ / "안").string()));
  EXPECT_EQ(include(docs_ / "안/셋.txt"), 1u) << "of what is excluded, one";
  EXPECT_EQ(update().n_unchanged, 2u);
  EXPECT_THAT(search("출장"), IsEmpty());
  EXPECT_EQ(include(docs_ / "안"), 1u);
  EXPECT_THAT(search("출장"), ElementsAre("안/둘.txt"));
  EXPECT_THAT(open_snapshot(folder_)->manifest.exclusions, IsEmpty());
  ASSERT_TRUE(remove(docs_ / "안/둘.txt"));
  ASSERT_TRUE(remove(docs_ / "안"));
  EXPECT_THAT(open_snapshot(folder_)->manifest.exclusions, ElementsAre((docs_ / "안").string()));
  ASSERT_TRUE(remove(docs_));
  EXPECT_THAT(open_snapshot(folder_)->manifest.exclusions, IsEmpty()) << "nothing is taken from there any more";
}

// A removal whose manifest has room and whose segment has not.
TEST_F(IndexerTest, ARemovalThatWasInterruptedIsFinishedByTheNextRemovalOrUpdate) {
  std::signal(SIGXFSZ, SIG_IGN);
  for (const bool by_update : {false, true}) {
    folder_ = scratch_ / (by_update ? "collections/a" : "collections/b");
    write("비밀.txt", "unusualword");
    std::string text;
    for (int i = 0; i < 400; ++i) text += "word" + std::to_string(i * i) + (i % 20 == 0 ? "\n\n" : " ");
    write("긴 글.txt", text);
    update();
    ASSERT_TRUE(is_on_disk("unusualw"));
    fs::remove(docs_ / "비밀.txt");
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit little{2048, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &little);
    const auto failed = remove(docs_ / "비밀.txt");
    ::setrlimit(RLIMIT_FSIZE, &old);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::kIo);
    ASSERT_TRUE(is_on_disk("unusualw"));
    EXPECT_THAT(search("unusualword"), IsEmpty());
    if (by_update) {
      update();
    } else {
      const auto again = remove(docs_ / "비밀.txt");
      ASSERT_TRUE(again) << again.error().to_string();
    }
    EXPECT_FALSE(is_on_disk("unusualw"));
    EXPECT_EQ(n_documents(), 3u);
  }
}

TEST_F(IndexerTest, TheTextOfAFileThatIsGoneCanBeTakenOffTheDisk) {
  for (const bool by_removing : {false, true}) {
    folder_ = scratch_ / (by_removing ? "collections/a" : "collections/b");
    write("비밀.txt", "unusualword");
    for (int i = 0; i < 8; ++i) write("n" + std::to_string(i) + ".txt", "글 번호 " + std::to_string(i));
    update();
    fs::remove(docs_ / "비밀.txt");
    EXPECT_EQ(update().n_removed, 1u);
    ASSERT_TRUE(is_on_disk("unusualw")) << "less than a third of the segment was removed";
    if (by_removing) {
      EXPECT_TRUE(remove(docs_ / "비밀.txt"));
    } else {
      auto writer = CollectionWriter::open(folder_);
      EXPECT_TRUE(Indexer::open(*writer, {})->compact());
    }
    EXPECT_FALSE(is_on_disk("unusualw"));
    EXPECT_EQ(n_documents(), 10u);
    EXPECT_EQ(remove(docs_ / "비밀.txt").error().kind, ErrorKind::kNotFound);
  }
}

TEST_F(IndexerTest, NamesInNfdAreFoundByNfc) {
  const std::string name = normalize("인사발령대장.txt", Normalization::kNfd);
  write(name, "아무 내용이 없다");
  update();
  EXPECT_EQ(search("인사발령대장").front(), name);
  SearchFilter filter;
  filter.folder = (docs_ / "인사발령대장.txt").string();
  EXPECT_THAT(search("내용", filter), ElementsAre(name));
}

TEST_F(IndexerTest, VectorsAreMadeWhenAModelComesLater) {
  update();
  EXPECT_EQ(open_snapshot(folder_)->manifest.dim, 0u);
  const VectorMaker maker = term_vectors();
  IndexOptions options;
  options.vectors = &maker;
  const IndexReport report = update(options);
  ASSERT_TRUE(last_) << last_.error().to_string();
  EXPECT_EQ(report.n_added, 0u);
  const auto snapshot = open_snapshot(folder_);
  EXPECT_EQ(snapshot->manifest.embedder, "terms");
  for (const LiveSegment& live : snapshot->segments)
    for (uint32_t i = 0; i < live.segment->n_chunks(); ++i) EXPECT_GT(live.segment->vector_scale(i), 0.0f);
  const VectorMaker other = term_vectors(16, "another model");
  options.vectors = &other;
  auto writer = CollectionWriter::open(folder_);
  EXPECT_EQ(Indexer::open(*writer, options).error().kind, ErrorKind::kInvalidInput);
}

TEST_F(IndexerTest, AMailHasItsOwnDate) {
  write("편지.eml",
        "From: a@hanok.kr\r\nTo: b@hanok.kr\r\nSubject: hello\r\nMIME-Version: 1.0\r\n"
        "Date: Tue, 2 Jan 2024 03:04:05 +0900\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n지난 편지\r\n");
  update();
  SearchFilter filter;
  filter.since_s = 1704132245;  // of its date
  filter.until_s = 1704132246;
  EXPECT_THAT(search("편지", filter), ElementsAre("편지.eml"));
}

TEST_F(IndexerTest, BytesAreDoneWhenTheirPassagesHaveVectors) {
  constexpr uint64_t kFiles = 10;
  const auto text = [](uint64_t i) { return "글 번호 " + std::to_string(i); };
  for (uint64_t i = 0; i < kFiles; ++i) write("같은/" + std::to_string(i) + ".txt", text(i));
  VectorMaker maker = term_vectors();
  uint64_t n_made = 0;
  maker.make = [&, make = maker.make](std::span<const std::string> texts, TextRole role) {
    n_made += texts.size();
    return make(texts, role);
  };
  IndexOptions options;
  options.vectors = &maker;
  options.commit_chunks_embedded = 4;
  std::vector<uint64_t> shares;
  options.on_progress = [&](const IndexProgress& p) {
    if (p.total == 0) return;
    EXPECT_EQ(p.total, kFiles * text(0).size());
    EXPECT_EQ(p.done, n_made * text(0).size()) << "one passage a file, all of one size";
    EXPECT_EQ(p.n_chunks, n_made);
    shares.push_back(p.done * 100 / p.total);
  };
  update(options, docs_ / "같은");
  ASSERT_TRUE(last_) << last_.error().to_string();
  EXPECT_THAT(shares, ElementsAre(0, 0, 0, 0, 40, 40, 40, 40, 40, 80, 80, 80, 100));
  shares.clear();
  for (uint64_t i = 0; i < kFiles; ++i) settle("같은/" + std::to_string(i) + ".txt");
  options.on_progress = [&](const IndexProgress& p) { shares.push_back(p.done * 100 / p.total); };
  update(options, docs_ / "같은");
  ASSERT_EQ(shares.size(), kFiles);
  EXPECT_EQ(shares.front(), 10u) << "what did not change is done at once";
}

TEST_F(IndexerTest, ACopyTakesTheVectorsThatAreThere) {
  VectorMaker maker = term_vectors();
  size_t n_made = 0;
  maker.make = [&, make = maker.make](std::span<const std::string> texts, TextRole role) {
    n_made += texts.size();
    return make(texts, role);
  };
  IndexOptions options;
  options.vectors = &maker;
  update(options);
  EXPECT_EQ(n_made, 2u);
  fs::copy(docs_ / "안", docs_ / "사본");
  write("사본/새 글.txt", "그사이 새로 쓴 글");
  EXPECT_EQ(update(options).n_added, 2u);
  EXPECT_EQ(n_made, 3u) << "the new text";
  fs::copy(docs_ / "안/둘.txt", docs_ / "다른 이름.txt");
  EXPECT_EQ(update(options).n_added, 1u);
  EXPECT_EQ(n_made, 4u) << "a vector is made from the name too";
  const auto snapshot = open_snapshot(folder_);
  std::vector<std::vector<int8_t>> vectors;
  for (const LiveSegment& live : snapshot->segments) {
    for (uint32_t i = 0; i < live.segment->n_chunks(); ++i) {
      EXPECT_GT(live.segment->vector_scale(i), 0.0f);
      const auto vector = live.segment->vectors().subspan(size_t{i} * maker.dim, maker.dim);
      if (*live.segment->text(i) == "출장 여비는 실비로 준다.") vectors.emplace_back(vector.begin(), vector.end());
    }
  }
  ASSERT_EQ(vectors.size(), 3u) << "in three segments";
  EXPECT_EQ(vectors[0], vectors[1]);
}

TEST_F(IndexerTest, AnInterruptedModelKeepsTheWordsAndTheVectorsSoFar) {
  std::string text;
  for (int i = 0; i < 60; ++i)
    text += "## 항목 " + std::to_string(i) + "\n\n" + std::string(200, 'a' + i % 26) + "\n\n";
  write("긴 글.md", text);
  VectorMaker maker = term_vectors();
  int n_left = 1;
  const auto make = maker.make;
  maker.make = [&](std::span<const std::string> texts, TextRole role) -> Result<std::vector<float>> {
    if (n_left-- <= 0) return fail(ErrorKind::kInterrupted, "stopped");
    return make(texts, role);
  };
  IndexOptions options;
  options.vectors = &maker;
  const auto n_vectors = [&] {
    const auto snapshot = open_snapshot(folder_);
    size_t n = 0;
    for (const LiveSegment& live : snapshot->segments)
      for (uint32_t i = 0; i < live.segment->n_chunks(); ++i) n += live.segment->vector_scale(i) > 0 ? 1 : 0;
    return n;
  };
  const IndexReport report = update(options);
  ASSERT_FALSE(last_);
  EXPECT_EQ(last_.error().kind, ErrorKind::kInterrupted);
  EXPECT_EQ(report.n_added, 3u);
  EXPECT_EQ(n_documents(), 3u) << "found by words meanwhile";
  EXPECT_EQ(n_vectors(), 32u) << "those that were made";
  n_left = 1000;
  EXPECT_EQ(update(options).n_unchanged, 3u);
  ASSERT_TRUE(last_) << last_.error().to_string();
  EXPECT_EQ(n_vectors(), open_snapshot(folder_)->n_chunks());
  EXPECT_GT(n_vectors(), 32u);
}

TEST_F(IndexerTest, AModelThatFailsLeavesTheCollectionAsItWas) {
  update();
  VectorMaker maker = term_vectors();
  maker.make = [](std::span<const std::string>, TextRole) -> Result<std::vector<float>> {
    return fail(ErrorKind::kOutOfMemory, "no memory");
  };
  IndexOptions options;
  options.vectors = &maker;
  write("셋.txt", "새 글");
  update(options);
  ASSERT_FALSE(last_);
  EXPECT_EQ(last_.error().kind, ErrorKind::kOutOfMemory);
  EXPECT_EQ(n_documents(), 2u);
  EXPECT_THAT(search("출장여비"), ElementsAre("안/둘.txt"));
}

// For its time this process has no more rights than its user's files give it.
class OrdinaryUser {
 public:
  explicit OrdinaryUser(const fs::path& owned) : is_root_(::geteuid() == 0) {
    if (!is_root_) return;
    EXPECT_EQ(::chown(owned.c_str(), kNobody, kNobody), 0);
    for (const auto& entry : fs::recursive_directory_iterator(owned))
      EXPECT_EQ(::chown(entry.path().c_str(), kNobody, kNobody), 0);
    EXPECT_EQ(::seteuid(kNobody), 0);
  }
  ~OrdinaryUser() {
    if (is_root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  bool is_root_;
};

TEST_F(IndexerTest, WhatCannotBeReadAnyMoreKeepsItsTextAndThatIsTold) {
  write("안/깊이/셋.txt", "숙박은 정액이다.");
  update();
  const OrdinaryUser user(scratch_.path());
  fs::permissions(docs_ / "안", fs::perms::none);
  write("하나.md", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
  const IndexReport report = update();
  fs::permissions(docs_ / "안", fs::perms::owner_all);
  EXPECT_EQ(report.n_removed, 0u);
  ASSERT_EQ(report.skipped.size(), 2u);
  for (const SkippedFile& skipped : report.skipped) EXPECT_TRUE(skipped.is_stale) << skipped.path;
  EXPECT_THAT(search("출장"), ElementsAre("안/둘.txt"));
  EXPECT_THAT(search("숙박"), ElementsAre("안/깊이/셋.txt"));
  EXPECT_THAT(search("연차"), ElementsAre("하나.md"));
  fs::remove_all(docs_ / "안/깊이");
  EXPECT_EQ(update().n_removed, 1u) << "now it can be seen that they are gone";
}

TEST_F(IndexerTest, AFileThatWasAddedByItsNameIsRemovedWhenItIsDeleted) {
  update({}, docs_ / "하나.md");
  update({}, docs_ / "안");
  fs::remove(docs_ / "하나.md");
  EXPECT_EQ(update({}, docs_ / "하나.md").n_removed, 1u);
  EXPECT_TRUE(last_);
  EXPECT_THAT(search("연차"), IsEmpty());
  fs::rename(docs_ / "안", scratch_ / "다른 곳");
  update({}, docs_ / "안");
  EXPECT_EQ(last_.error().kind, ErrorKind::kNotFound) << "a folder may be on a disk that comes back";
  EXPECT_EQ(n_documents(), 1u);
}

TEST_F(IndexerTest, WhatIsNotThereIsAnError) {
  update({}, docs_ / "없음");
  EXPECT_EQ(last_.error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace hanok::testing
