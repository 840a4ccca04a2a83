// The watch names the folders that changed, also those that came later, and watched files alone.
#include "search/folder_watch.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/support.h"

namespace hanok::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

bool always() {
  return true;
}

TEST(FolderWatchTest, NamesWhatChanged) {
  const Scratch scratch;
  write_file(scratch / "docs/a/1.txt", "1");
  write_file(scratch / "docs/b/2.txt", "2");
  auto watch = FolderWatch::open({(scratch / "docs").string()});
  ASSERT_TRUE(watch) << watch.error().to_string();
  write_file(scratch / "docs/a/1.txt", "changed");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "docs/a").string()));
  fs::remove(scratch / "docs/b/2.txt");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "docs/b").string()));
  write_file(scratch / "docs/new/deep/3.txt", "3");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "docs").string()));
  write_file(scratch / "docs/new/deep/4.txt", "4");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "docs/new/deep").string())) << "folders that came later";
}

TEST(FolderWatchTest, AFileIsWatchedAlone) {
  const Scratch scratch;
  write_file(scratch / "docs/a.txt", "1");
  auto watch = FolderWatch::open({(scratch / "docs/a.txt").string()});
  ASSERT_TRUE(watch);
  write_file(scratch / "docs/b.txt", "not watched");
  write_file(scratch / "docs/a.txt", "changed");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "docs/a.txt").string()));
}

TEST(FolderWatchTest, AFolderThatWasMovedAwayAndMadeAnewIsWatchedAgain) {
  const Scratch scratch;
  const std::string docs = (scratch / "up/docs").string();
  write_file(scratch / "up/docs/a/1.txt", "1");
  write_file(scratch / "up/alone.txt", "1");
  auto watch = FolderWatch::open({docs, (scratch / "up/alone.txt").string(), (scratch / "later").string()});
  ASSERT_TRUE(watch) << watch.error().to_string();
  for (const char* moved : {"up/docs", "up"}) {  // itself, a folder above it
    fs::rename(scratch / moved, scratch / (std::string("old") + (moved[2] == 0 ? "up" : "docs")));
    write_file(scratch / "up/docs/a/1.txt", "2");
    write_file(scratch / "up/alone.txt", "2");
    EXPECT_THAT(*watch->wait(always), ::testing::Contains(docs));
    write_file(scratch / "up/docs/a/2.txt", "3");
    EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "up/docs/a").string()));
    write_file(scratch / "up/alone.txt", "4");
    EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "up/alone.txt").string()));
  }
  write_file(scratch / "later/1.txt", "1");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "later").string()));
  write_file(scratch / "later/deep/2.txt", "1");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "later").string()));
  write_file(scratch / "later/deep/3.txt", "1");
  EXPECT_THAT(*watch->wait(always), ElementsAre((scratch / "later/deep").string()));
}

TEST(FolderWatchTest, StopsWhenAsked) {
  const Scratch scratch;
  auto watch = FolderWatch::open({scratch.path().string()});
  ASSERT_TRUE(watch);
  int n_asked = 0;
  EXPECT_THAT(*watch->wait([&n_asked] { return ++n_asked < 3; }), IsEmpty());
}

}  // namespace
}  // namespace hanok::testing
