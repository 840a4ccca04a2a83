// A collection on the disk: changes happen whole or not at all, also when the writer is killed or the disk is full.
#include "search/collection.h"

#include <csignal>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "search/support.h"

namespace hanok::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class CollectionTest : public ::testing::Test {
 protected:
  CollectionWriter open() {
    auto writer = CollectionWriter::open(folder_);
    EXPECT_TRUE(writer) << writer.error().to_string();
    return std::move(*writer);
  }
  static Status add(CollectionWriter& writer, const std::string& path, const std::string& text) {
    SegmentBuilder builder;
    builder.add(document(path), {passage(text)});
    return writer.commit(&builder);
  }
  static std::vector<std::string> paths(const Snapshot& snapshot) {
    std::vector<std::string> out;
    for (const LiveSegment& live : snapshot.segments)
      for (uint32_t i = 0; i < live.segment->n_documents(); ++i)
        if (live.is_document_live[i]) out.push_back(live.segment->document(i).path);
    return out;
  }
  std::vector<std::string> paths() const {
    const auto snapshot = open_snapshot(folder_);
    EXPECT_TRUE(snapshot) << snapshot.error().to_string();
    return paths(*snapshot);
  }
  std::set<std::string> names() const {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder_)) out.insert(entry.path().filename().string());
    return out;
  }

  Scratch scratch_;
  fs::path folder_ = scratch_ / "collections/규정";
};

TEST_F(CollectionTest, WhatIsCommittedIsThere) {
  {
    CollectionWriter writer = open();
    ASSERT_TRUE(add(writer, "a", "가나다"));
    ASSERT_TRUE(add(writer, "b", "라마바"));
  }
  EXPECT_THAT(paths(), ElementsAre("a", "b"));
  EXPECT_THAT(list_collections(folder_.parent_path()), ElementsAre("규정"));
}

TEST_F(CollectionTest, OnlyTheOwnerMayRead) {
  CollectionWriter writer = open();
  ASSERT_TRUE(add(writer, "a", "가나다"));
  struct stat info {};
  ::stat(folder_.c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
  for (const std::string& name : names()) {
    ::stat((folder_ / name).c_str(), &info);
    EXPECT_EQ(info.st_mode & 0777u, 0600u) << name;
  }
}

TEST_F(CollectionTest, ASecondWriterIsRefusedAndReadersAreNot) {
  CollectionWriter writer = open();
  ASSERT_TRUE(add(writer, "a", "가나다"));
  const auto second = CollectionWriter::open(folder_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kLimit);
  EXPECT_FALSE(remove_collection(folder_));
  EXPECT_THAT(paths(), ElementsAre("a"));
}

TEST_F(CollectionTest, AReaderKeepsWhatItOpened) {
  CollectionWriter writer = open();
  ASSERT_TRUE(add(writer, "a", "가나다"));
  const auto old = open_snapshot(folder_);
  ASSERT_TRUE(old);
  writer.remove_document(0, 0);
  ASSERT_TRUE(add(writer, "b", "라마바"));
  ASSERT_TRUE(writer.compact(0));
  EXPECT_THAT(paths(*old), ElementsAre("a"));
  EXPECT_EQ(*old->segments[0].segment->text(0), "가나다") << "mapped, though its file is gone";
  EXPECT_THAT(paths(), ElementsAre("b"));
}

TEST_F(CollectionTest, WhatWasRemovedIsGoneFromTheDiskAfterCompaction) {
  CollectionWriter writer = open();
  SegmentBuilder builder;
  builder.add(document("secret-name"), {passage("비밀의 글 unusualword")});
  builder.add(document("b"), {passage("남는 글")});
  ASSERT_TRUE(writer.commit(&builder));
  const auto holds = [&](const std::string& part) {
    bool any = false;
    for (const std::string& name : names()) any = any || read_file(folder_ / name).find(part) != std::string::npos;
    return any;
  };
  EXPECT_TRUE(holds("secret-name"));
  EXPECT_TRUE(holds("unusualw")) << "as a term";
  writer.remove_document(0, 0);
  ASSERT_TRUE(writer.commit());
  EXPECT_THAT(paths(), ElementsAre("b"));
  ASSERT_TRUE(writer.compact(0));
  EXPECT_FALSE(holds("secret-name"));
  EXPECT_FALSE(holds("unusualw"));
  EXPECT_THAT(paths(), ElementsAre("b"));
  writer.remove_document(0, 0);
  ASSERT_TRUE(writer.compact(0));
  EXPECT_THAT(names(), ElementsAre("lock", "manifest"));
}

TEST_F(CollectionTest, SmallSegmentsAreMerged) {
  CollectionWriter writer = open();
  for (int i = 0; i < 37; ++i) {
    ASSERT_TRUE(add(writer, std::to_string(i), "글 " + std::to_string(i)));
    ASSERT_TRUE(writer.compact(0.3));
  }
  EXPECT_LT(writer.snapshot().segments.size(), 4u);
  EXPECT_EQ(paths().size(), 37u);
}

TEST_F(CollectionTest, LeftoversOfADeadWriterAreRemoved) {
  {
    CollectionWriter writer = open();
    ASSERT_TRUE(add(writer, "a", "가나다"));
  }
  write_file(folder_ / "segment-00000000000000ff", "half");
  write_file(folder_ / "segment-00000000000000fe.12.new", "half");
  write_file(folder_ / "manifest.12.new", "half");
  write_file(folder_ / "notes.txt", "not ours");
  open();
  EXPECT_THAT(names(), ElementsAre("lock", "manifest", "notes.txt", "segment-0000000000000001"));
  EXPECT_THAT(paths(), ElementsAre("a"));
}

TEST_F(CollectionTest, DamageIsToldAndNothingIsOverwritten) {
  {
    CollectionWriter writer = open();
    ASSERT_TRUE(add(writer, "a", "가나다"));
  }
  const fs::path segment = folder_ / "segment-0000000000000001";
  const std::string good = read_file(segment);
  write_file(segment, good.substr(0, good.size() / 2));
  EXPECT_EQ(open_snapshot(folder_).error().kind, ErrorKind::kCorruptFile);
  EXPECT_EQ(CollectionWriter::open(folder_).error().kind, ErrorKind::kCorruptFile);
  fs::remove(segment);
  EXPECT_EQ(open_snapshot(folder_).error().kind, ErrorKind::kCorruptFile);
  write_file(segment, good);
  EXPECT_THAT(paths(), ElementsAre("a"));
  std::string newer = read_file(folder_ / "manifest");
  newer[8] = 9;
  write_file(folder_ / "manifest", newer);
  EXPECT_EQ(CollectionWriter::open(folder_).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(read_file(folder_ / "manifest"), newer);
}

TEST_F(CollectionTest, AFullDiskLeavesItAsItWas) {
  std::signal(SIGXFSZ, SIG_IGN);
  CollectionWriter writer = open();
  ASSERT_TRUE(add(writer, "a", "가나다"));
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit little{512, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &little);
  const Status full = add(writer, "b", "라마바");
  ::setrlimit(RLIMIT_FSIZE, &old);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::kIo);
  EXPECT_THAT(full.error().what, HasSubstr("no room"));
  EXPECT_THAT(paths(), ElementsAre("a"));
  EXPECT_THAT(names(), ElementsAre("lock", "manifest", "segment-0000000000000001"));
  ASSERT_TRUE(add(writer, "c", "사아자")) << "there is room again";
  EXPECT_THAT(paths(), ElementsAre("a", "c"));
}

TEST_F(CollectionTest, RemovingACollectionRemovesItsFolder) {
  { open(); }
  ASSERT_TRUE(remove_collection(folder_));
  EXPECT_FALSE(fs::exists(folder_));
  EXPECT_TRUE(fs::is_empty(folder_.parent_path()));
  EXPECT_EQ(remove_collection(folder_).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(open_snapshot(folder_).error().kind, ErrorKind::kNotFound);
}

TEST_F(CollectionTest, WhatIsNotThereIsMadeOnlyWhereThatIsWanted) {
  EXPECT_EQ(CollectionWriter::open(folder_, CollectionWriter::Missing::kError).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(folder_));
  { open(); }
  EXPECT_TRUE(CollectionWriter::open(folder_, CollectionWriter::Missing::kError));
  fs::remove(folder_ / "manifest");
  EXPECT_EQ(CollectionWriter::open(folder_, CollectionWriter::Missing::kError).error().kind, ErrorKind::kNotFound);
}

TEST_F(CollectionTest, ARemovalThatWasKilledIsFinishedLater) {
  write_file(folder_.parent_path() / ".removed-1-old/segment-0000000000000001", "text of others");
  open();
  EXPECT_FALSE(fs::exists(folder_.parent_path() / ".removed-1-old"));
}

TEST_F(CollectionTest, NamesAreFolders) {
  for (const char* bad : {"", ".", "..", ".a", "a/b", "-a", "a\n", "\xff"}) EXPECT_FALSE(collection_name(bad)) << bad;
  EXPECT_FALSE(collection_name(std::string(201, 'a')));
  EXPECT_EQ(*collection_name("규정"), "규정");
}

// The child adds, removes and merges without end and says after each commit how many it had acknowledged; it is killed
// at any moment. What it acknowledged must be there, and the collection must open.
[[noreturn]] void write_without_end(const fs::path& folder, int acknowledged) {
  auto writer = CollectionWriter::open(folder);
  if (!writer) ::_exit(1);
  for (uint32_t i = 0;; ++i) {
    SegmentBuilder builder;
    builder.add(document(std::to_string(i)), {passage("글 " + std::to_string(i))});
    if (!writer->commit(&builder)) ::_exit(2);
    if (::write(acknowledged, &i, sizeof i) != sizeof i) ::_exit(3);
    if (!writer->compact(0.3)) ::_exit(4);
  }
}

TEST_F(CollectionTest, KillingTheWriterAtAnyMomentLosesNothingAcknowledged) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 40; ++round) {
    const fs::path folder = scratch_ / ("c" + std::to_string(round));
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_without_end(folder, ends[1]);
    ::close(ends[1]);
    ::usleep(1000 + random() % 60'000);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
    uint32_t last = 0, n_acknowledged = 0;
    while (::read(ends[0], &last, sizeof last) == sizeof last) n_acknowledged = last + 1;
    ::close(ends[0]);
    if (!fs::exists(folder / "manifest")) {
      ASSERT_EQ(n_acknowledged, 0u);
      continue;
    }
    const auto snapshot = open_snapshot(folder);
    ASSERT_TRUE(snapshot) << snapshot.error().to_string();
    const auto found = paths(*snapshot);
    const std::set<std::string> there(found.begin(), found.end());
    ASSERT_EQ(there.size(), found.size()) << "none twice";
    for (uint32_t i = 0; i < n_acknowledged; ++i) ASSERT_TRUE(there.contains(std::to_string(i))) << round;
    ASSERT_LE(found.size(), n_acknowledged + 1) << "and the one that was being acknowledged";
    const auto writer = CollectionWriter::open(folder);
    ASSERT_TRUE(writer) << "its lock went with it";
    ASSERT_EQ(writer->snapshot().n_documents(), found.size());
    for (const auto& entry : fs::directory_iterator(folder))
      ASSERT_FALSE(entry.path().extension() == ".new") << entry.path();
  }
}

}  // namespace
}  // namespace hanok::testing
