// Packed weights between runs: the same panels come back, and only from a file that is whole and of this very model.
#include "nn/pack_cache.h"

#include <csignal>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "nn/checkpoints.h"
#include "nn/weight_loader.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr TensorName kFirst{"first", ""}, kSecond{"second", ""};
constexpr int64_t kOut = 48, kIn = 96;

std::string read(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void set_time(const fs::path& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

class PackCacheTest : public testing::Test {
 protected:
  PackCacheTest() { options_ = {cache_.path() / "packed", uint64_t{1} << 30, 0, 0}; }

  // A model of two matrices whose weights count up from `start`.
  static Checkpoint model(const TestFolder& folder, float start = 0.5f) {
    std::vector<float> first(kOut * kIn), second(kIn * kIn);
    for (float& value : first) value = start++ / 64;
    for (float& value : second) value = start++ / 64;
    return json_checkpoint(folder, Json{{"model_type", "llama"}},
                           {{"first.weight", {kOut, kIn}, first}, {"second.weight", {kIn, kIn}, second}});
  }

  // What the model's matrices make of an input, loaded through the cache.
  std::vector<float> load(const Checkpoint& checkpoint, PackCache& packs) const {
    WeightLoader weights(checkpoint, ctx_, {}, &packs);
    const Linear first = weights.linear(kFirst, -1, kOut, kIn).value();
    const Linear second = weights.linear(kSecond, -1, kIn, kIn).value();
    EXPECT_TRUE(weights.finish());
    packs.publish(checkpoint);
    std::vector<float> x(kIn), y(kOut + kIn);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
    first.apply(ctx_, x.data(), 1, y.data());
    second.apply(ctx_, x.data(), 1, y.data() + kOut);
    return y;
  }
  std::vector<float> load(const Checkpoint& checkpoint) const {
    PackCache packs = PackCache::open(options_, checkpoint);
    return load(checkpoint, packs);
  }
  bool is_ready(const Checkpoint& checkpoint) const { return PackCache::open(options_, checkpoint).is_ready(); }
  // The only file that the cache holds.
  fs::path file_of(const Checkpoint& checkpoint) const {
    load(checkpoint);
    return held().at(0).path;
  }
  std::vector<StoredPack> held() const { return PackCache::list(options_.folder); }

  TestFolder folder_, cache_;
  PackCacheOptions options_;
  mutable ThreadPool pool_{2};
  const ExecContext ctx_{pool_, *kernels_for(Isa::kPortable), Precision::kF32};
};

TEST_F(PackCacheTest, GivesBackWhatWasPacked) {
  const Checkpoint checkpoint = model(folder_);
  PackCache none;
  const std::vector<float> expected = load(checkpoint, none);
  PackCache cold = PackCache::open(options_, checkpoint);
  EXPECT_FALSE(cold.is_ready());
  EXPECT_EQ(load(checkpoint, cold), expected);
  PackCache warm = PackCache::open(options_, checkpoint);
  EXPECT_TRUE(warm.is_ready());
  EXPECT_EQ(load(checkpoint, warm), expected);
  ASSERT_EQ(held().size(), 1u);
  EXPECT_EQ(held()[0].source, folder_.path().string());
  EXPECT_GT(held()[0].n_bytes, sizeof(float) * kIn * (kOut + kIn));
}

TEST_F(PackCacheTest, ReadsNothingOfTheSourceOnceItIsReady) {
  const std::vector<float> expected = load(model(folder_));
  const Checkpoint checkpoint = model(folder_);  // the same bytes at another time
  EXPECT_FALSE(is_ready(checkpoint));
  load(checkpoint);
  PackCache warm = PackCache::open(options_, checkpoint);
  ASSERT_TRUE(warm.is_ready());
  // The panels are of the file as it was when the cache was asked: what is in it now no longer counts.
  const fs::path file = folder_.path() / "model.safetensors";
  std::string bytes = read(file);
  std::fill(bytes.end() - 4096, bytes.end(), '\0');
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::pwrite(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  ::close(fd);
  EXPECT_EQ(load(checkpoint, warm), expected);
}

TEST_F(PackCacheTest, AnotherFileOfTheSameNameIsPackedAnew) {
  const std::vector<float> old = load(model(folder_));
  const Checkpoint other = model(folder_, 7);
  EXPECT_FALSE(is_ready(other));
  EXPECT_NE(load(other), old);
  EXPECT_TRUE(is_ready(other));
  EXPECT_EQ(held().size(), 1u);  // that of the old one is of no use
  // The same size and time, other bytes.
  const fs::path file = folder_.path() / "model.safetensors";
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  std::string bytes = read(file);
  bytes[bytes.size() - 2] ^= 1;
  write(file, bytes);
  const timespec times[2] = {info.st_mtim, info.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  EXPECT_FALSE(is_ready(opened(folder_.path())));
}

TEST_F(PackCacheTest, NothingIsKeptOfAModelThatDidNotLoad) {
  const Checkpoint checkpoint = json_checkpoint(folder_, Json{{"model_type", "llama"}},
                                                {{"first.weight", {1, 1}, {1}}, {"second.weight", {1, 1}, {NAN}}});
  {
    PackCache packs = PackCache::open(options_, checkpoint);
    WeightLoader weights(checkpoint, ctx_, {}, &packs);
    EXPECT_TRUE(weights.linear(kFirst, -1, 1, 1));
    EXPECT_FALSE(weights.linear(kSecond, -1, 1, 1));
    EXPECT_EQ(held().size(), 1u);  // half packed
  }
  EXPECT_TRUE(held().empty());
}

TEST_F(PackCacheTest, ADamagedFileIsNotUsed) {
  const Checkpoint checkpoint = model(folder_);
  const std::vector<float> expected = load(checkpoint);
  const fs::path file = held()[0].path;
  const std::string whole = read(file);
  const size_t index = whole.find("{\"facts\"");
  ASSERT_NE(index, std::string::npos);
  for (size_t n : {size_t{0}, size_t{7}, size_t{100}, size_t{4095}, size_t{4096}, index - 1, index, whole.size() - 1}) {
    write(file, whole.substr(0, n));
    EXPECT_FALSE(is_ready(checkpoint)) << n;
    EXPECT_EQ(PackFile::source_of(file), "") << n;
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    if (at >= 120 && at < index) continue;  // the panels: the next test's
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    write(file, bytes);
    PackCache packs = PackCache::open(options_, checkpoint);
    if (!packs.is_ready()) continue;
    EXPECT_TRUE((at >= 32 && at < 40) || (at > 40 && at < 120))
        << at;  // times; behind the mark's end; when it was checked
  }
  write(file, whole + "x");
  EXPECT_FALSE(is_ready(checkpoint));
  EXPECT_EQ(load(checkpoint), expected);  // written anew
  EXPECT_TRUE(is_ready(checkpoint));
}

// Panels are compared with their hashes once after each start of the system, and when somebody asks.
TEST_F(PackCacheTest, DamagedPanelsAreFoundAndTheirFileRemoved) {
  const Checkpoint checkpoint = model(folder_);
  const std::vector<float> expected = load(checkpoint);
  const fs::path file = held()[0].path;
  const std::string whole = read(file);
  const size_t end = whole.find("{\"facts\"");
  const auto bytes_of = [&](size_t damaged_at, bool is_checked) {
    std::string bytes = whole;
    if (damaged_at != 0) bytes[damaged_at] = static_cast<char>(bytes[damaged_at] ^ 1);
    if (!is_checked) bytes[80] = '\0';
    return bytes;
  };
  for (const size_t at : {size_t{4096}, (4096 + end) / 2, end - 1}) {
    write(file, bytes_of(at, false));
    PackCache packs = PackCache::open(options_, checkpoint);
    ASSERT_TRUE(packs.is_ready()) << at;
    PackKeeper keeper = packs.publish(checkpoint);
    while (keeper.state() && fs::exists(file)) std::this_thread::yield();
    const Status state = keeper.check();
    ASSERT_FALSE(state) << at;
    EXPECT_EQ(state.error().kind, ErrorKind::kCorruptFile);
    EXPECT_EQ(state.error().where, file.string());
    EXPECT_FALSE(fs::exists(file));
  }
  write(file, bytes_of(4096, true));  // since then: only when somebody asks
  PackCache packs = PackCache::open(options_, checkpoint);
  PackKeeper keeper = packs.publish(checkpoint);
  EXPECT_TRUE(keeper.state());
  EXPECT_FALSE(keeper.check());
  write(file, bytes_of(0, false));  // whole: and it is noted that it was looked at
  {
    PackCache good = PackCache::open(options_, checkpoint);
    PackKeeper looks = good.publish(checkpoint);
    EXPECT_TRUE(looks.check());
  }
  EXPECT_EQ(read(file), whole);
  EXPECT_EQ(load(checkpoint), expected);
}

// The index's hash is no secret: whatever it says must lie inside the file.
TEST_F(PackCacheTest, AnIndexThatLiesIsNotUsed) {
  const Checkpoint checkpoint = model(folder_);
  const fs::path file = file_of(checkpoint);
  const std::string whole = read(file);
  const size_t at = whole.find("{\"facts\"");
  const Json honest = Json::parse(whole.substr(at));
  const auto is_used = [&](const Json& index) {
    std::string text = index.dump();
    const uint64_t hash = fnv1a(text), file_bytes = at + text.size();
    std::string bytes = whole.substr(0, at) + text;
    std::memcpy(bytes.data() + 8, &file_bytes, 8);
    std::memcpy(bytes.data() + 24, &hash, 8);
    write(file, bytes);
    return is_ready(checkpoint);
  };
  EXPECT_TRUE(is_used(honest));
  const std::vector<Json> bad{Json(), Json("x"), Json(-1), Json(1.5), Json(UINT64_MAX), Json(INT64_MAX), Json::array()};
  for (const Json& value : {Json(), Json("x"), Json(-1), Json(1.5), Json::array()}) {
    Json index = honest;
    index["weights"][0][5] = value;
    EXPECT_FALSE(is_used(index)) << value;
  }
  for (size_t i = 0; i < 5; ++i) {
    for (Json value : bad) {
      Json index = honest;
      if (i == 0 && value == "x") value = 7;
      index["weights"][0][i] = value;
      EXPECT_FALSE(is_used(index)) << i << " " << value;
    }
  }
  for (const uint64_t offset : {uint64_t{0}, uint64_t{4097}, uint64_t{at} / 64 * 64, uint64_t{at}}) {
    Json index = honest;
    index["weights"][0][4] = offset;
    EXPECT_FALSE(is_used(index)) << offset;
  }
  for (const char* key : {"facts", "weights"}) {
    Json index = honest;
    index[key] = 1;
    EXPECT_FALSE(is_used(index)) << key;
    index.erase(key);
    EXPECT_FALSE(is_used(index)) << key;
  }
  Json index = honest;
  index["weights"][0].push_back(1);
  EXPECT_FALSE(is_used(index));
}

// A file whose pages may never have reached the disk: a crash of the system can have left holes in it.
TEST_F(PackCacheTest, AFileOfAnotherStartOfTheSystemCountsOnlyOnceItWasSettled) {
  const Checkpoint checkpoint = model(folder_);
  const fs::path file = file_of(checkpoint);
  const std::string published = read(file);
  EXPECT_EQ(published[40], '\0');  // made sure of at once
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  ASSERT_EQ(id.size(), 36u);
  // Killed before that.
  std::string fresh = published;
  fresh.replace(40, id.size(), id);
  write(file, fresh);
  EXPECT_TRUE(is_ready(checkpoint));
  EXPECT_EQ(read(file), fresh);
  std::string other = fresh;
  other[40] = other[40] == 'f' ? 'e' : 'f';
  write(file, other);
  EXPECT_FALSE(is_ready(checkpoint));
  // Written long ago: made sure of, and its mark taken away.
  std::string old = fresh;
  const int64_t long_ago = std::time(nullptr) - 3600;
  std::memcpy(old.data() + 32, &long_ago, 8);
  write(file, old);
  EXPECT_TRUE(is_ready(checkpoint));
  EXPECT_EQ(read(file)[40], '\0');
  EXPECT_TRUE(is_ready(checkpoint));
}

TEST_F(PackCacheTest, TwoAtOnceDoNotDisturbEachOther) {
  const Checkpoint checkpoint = model(folder_);
  PackCache first = PackCache::open(options_, checkpoint), second = PackCache::open(options_, checkpoint);
  EXPECT_EQ(second.room("first.weight", DType::kF32, shape_of({kOut, kIn})).bytes, nullptr);  // into its own memory
  const std::vector<float> expected = load(checkpoint, second);
  EXPECT_FALSE(is_ready(checkpoint));
  EXPECT_EQ(load(checkpoint, first), expected);
  EXPECT_TRUE(is_ready(checkpoint));
}

// The files that were opened count, whatever takes their names or is written into them while they are loaded.
TEST_F(PackCacheTest, AFileThatIsReplacedMeanwhileLendsItsNameToNobodysWeights) {
  const TestFolder others;
  model(others, 7);
  const fs::path file = folder_.path() / "model.safetensors";
  const Checkpoint old = model(folder_);
  fs::rename(others.path() / "model.safetensors", file);
  const std::vector<float> expected = load(old);
  const Checkpoint now = opened(folder_.path());
  EXPECT_FALSE(is_ready(now));
  EXPECT_NE(load(now), expected);
  EXPECT_TRUE(is_ready(now));
  // Written into between opening and publishing.
  fs::remove_all(options_.folder);
  PackCache packs = PackCache::open(options_, now);
  set_time(file, 1'000'000);
  load(now, packs);
  EXPECT_FALSE(is_ready(now));
  EXPECT_TRUE(held().empty());
}

TEST_F(PackCacheTest, AnotherProcessThatWritesOrIsKilledDisturbsNobody) {
  const Checkpoint checkpoint = model(folder_);
  PackCache none;
  const std::vector<float> expected = load(checkpoint, none);
  for (const bool is_killed : {true, false}) {
    int ready[2], go[2];
    ASSERT_EQ(::pipe(ready), 0);
    ASSERT_EQ(::pipe(go), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {  // holds the writer's lock with half the weights packed
      PackCache packs = PackCache::open(options_, checkpoint);
      const PanelMemory half = packs.room("first.weight", DType::kF32, shape_of({kOut, kIn}));
      char byte = half.bytes != nullptr ? 'y' : 'n';
      ::write(ready[1], &byte, 1);
      ::read(go[0], &byte, 1);
      ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    EXPECT_EQ(load(checkpoint), expected);  // into memory of its own
    EXPECT_FALSE(is_ready(checkpoint));
    if (is_killed) {
      ::kill(child, SIGKILL);
    } else {
      ASSERT_EQ(::write(go[1], "x", 1), 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(load(checkpoint), expected);
    EXPECT_TRUE(is_ready(checkpoint));
    fs::remove_all(options_.folder);
    for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
  }
}

TEST_F(PackCacheTest, WhatAKilledOneLeftIsWrittenOver) {
  const Checkpoint checkpoint = model(folder_);
  const fs::path file = file_of(checkpoint);
  fs::rename(file, PackFileWriter::partial_name(file));
  ASSERT_EQ(held().size(), 1u);
  EXPECT_EQ(held()[0].source, "");
  load(checkpoint);
  ASSERT_EQ(held().size(), 1u);
  EXPECT_TRUE(is_ready(checkpoint));
}

TEST_F(PackCacheTest, TheLongestUnusedMakesWay) {
  const TestFolder folders[3];
  for (const TestFolder& folder : folders) load(model(folder));
  ASSERT_EQ(held().size(), 3u);
  const uint64_t each = held()[0].n_bytes;
  time_t now = 1'000'000;
  for (const StoredPack& pack : held()) set_time(pack.path, now++);
  EXPECT_TRUE(is_ready(opened(folders[0].path())));  // used now
  options_.limit_bytes = 3 * each + each / 2;
  load(model(folder_));
  EXPECT_TRUE(is_ready(opened(folders[0].path())));
  EXPECT_TRUE(is_ready(opened(folders[2].path())));
  EXPECT_TRUE(is_ready(opened(folder_.path())));
  EXPECT_FALSE(is_ready(opened(folders[1].path())));
}

TEST_F(PackCacheTest, TwoThatAreWrittenAtOnceStayWithinTheLimit) {
  const TestFolder other;
  const Checkpoint first = model(folder_), second = model(other, 7.5f);
  load(first);
  const uint64_t each = held()[0].n_bytes;
  fs::remove_all(options_.folder);
  options_.limit_bytes = each + each / 2;
  {
    PackCache writes = PackCache::open(options_, first), waits = PackCache::open(options_, second);
    load(first, writes);
    load(second, waits);
    uint64_t n_bytes = 0;
    for (const StoredPack& pack : held()) n_bytes += pack.n_bytes;
    EXPECT_LE(n_bytes, options_.limit_bytes);
  }
  EXPECT_TRUE(is_ready(first));
  EXPECT_FALSE(is_ready(second));
}

TEST_F(PackCacheTest, AModelThatIsGoneMakesWayFirst) {
  {
    const TestFolder gone;
    load(model(gone));
  }
  ASSERT_EQ(held().size(), 1u);
  EXPECT_FALSE(PackCache::is_needed(held()[0]));
  load(model(folder_));
  ASSERT_EQ(held().size(), 1u);
  EXPECT_TRUE(PackCache::is_needed(held()[0]));
}

TEST_F(PackCacheTest, NothingIsKeptWhereThereIsNoRoomOrNoFolder) {
  const Checkpoint checkpoint = model(folder_);
  const std::vector<float> expected = load(checkpoint);
  fs::remove_all(options_.folder);
  const PackCacheOptions usual = options_;
  options_.limit_bytes = 1000;
  EXPECT_EQ(load(checkpoint), expected);
  options_ = usual;
  options_.free_bytes = uint64_t{1} << 60;
  EXPECT_EQ(load(checkpoint), expected);
  options_ = usual;
  options_.least_model_bytes = uint64_t{1} << 40;
  EXPECT_EQ(load(checkpoint), expected);
  EXPECT_TRUE(held().empty());
  options_ = usual;
  options_.folder = "/dev/null/packed";
  EXPECT_EQ(load(checkpoint), expected);
  options_.folder.clear();
  EXPECT_EQ(load(checkpoint), expected);
}

TEST_F(PackCacheTest, LinksAndForeignFilesAreLeftAlone) {
  fs::create_directories(options_.folder);
  const Checkpoint checkpoint = model(folder_);
  const fs::path file = file_of(checkpoint), elsewhere = folder_.path() / "elsewhere";
  fs::rename(file, elsewhere);
  const std::string before = read(elsewhere);
  fs::create_symlink(elsewhere, file);
  EXPECT_TRUE(held().empty());
  EXPECT_FALSE(is_ready(checkpoint));
  write(options_.folder / "notes.txt", "mine");
  load(checkpoint);  // takes the link's place
  EXPECT_TRUE(is_ready(checkpoint));
  EXPECT_EQ(read(elsewhere), before);
  EXPECT_EQ(read(options_.folder / "notes.txt"), "mine");
}

}  // namespace
}  // namespace hanok
