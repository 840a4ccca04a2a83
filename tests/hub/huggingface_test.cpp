// Pulls over the Hugging Face protocol from a small local server that can cut, lie, redirect, hang and refuse.
#include "hub/huggingface.h"

#include <atomic>
#include <csignal>

#include <sys/resource.h>

#include "base/disk.h"
#include "fake_hub.h"
#include "test_support.h"

namespace hanok {
namespace {

using testing::FakeHub;
using testing::ScopedEnv;
using testing::sha256_of;
using testing::Store;
using testing::weights;

class HuggingFace : public ::testing::Test {
 protected:
  Result<ResolvedModel> pull(const PullOptions& options = {}) { return hub_.resolve("hf:lab/tiny:tiny.gguf", options); }
  std::filesystem::path partial() const { return store_.models() / "lab_tiny@tiny.gguf" / "partial"; }

  FakeHub server_;
  Store store_;
  ScopedEnv endpoint_{"HF_ENDPOINT", server_.url() + "/"};
  Hub hub_ = store_.open();
  std::string text_ = server_.files["tiny.gguf"] = weights(3 << 20);
};

TEST_F(HuggingFace, ASingleFileArrivesWholeWithLicenceAndChecksumFromTheMirror) {
  uint64_t last = 0, total = 0;
  PullOptions options;
  options.on_progress = [&](const PullProgress& progress) {
    EXPECT_GE(progress.done_bytes, last);
    last = progress.done_bytes;
    total = progress.total_bytes;
  };
  const auto model = pull(options);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(testing::read_file(model->path), text_);
  EXPECT_EQ(model->licence, "apache-2.0");
  EXPECT_EQ(last, text_.size());
  EXPECT_EQ(total, text_.size());
  const auto stored = hub_.list();
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_EQ(stored->at(0).files.at(0).sha256, sha256_of(text_));
  EXPECT_TRUE(stored->at(0).files.at(0).pinned);
  EXPECT_FALSE(std::filesystem::exists(partial()));
}

TEST_F(HuggingFace, TheSecondTimeNothingIsAskedForAndOfflineWorks) {
  ASSERT_TRUE(pull());
  const int n_before = server_.n_requests;
  ASSERT_TRUE(pull());
  PullOptions offline;
  offline.offline = true;
  ASSERT_TRUE(pull(offline));
  EXPECT_EQ(server_.n_requests, n_before);
}

TEST_F(HuggingFace, OfflineWithoutTheModelSaysHowToGetIt) {
  PullOptions offline;
  offline.offline = true;
  const auto model = pull(offline);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(model.error().hint.find("hanok pull"), std::string::npos);
  EXPECT_EQ(server_.n_requests, 0);
}

TEST_F(HuggingFace, ACutTransferContinuesWhereItWasCut) {
  server_.cut_after = 1 << 20;
  server_.n_cuts = 2;
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(testing::read_file(model->path), text_);
  ASSERT_EQ(server_.ranges.size(), 2u);
  EXPECT_EQ(server_.ranges[0], "bytes=1048576-");
  EXPECT_EQ(server_.ranges[1], "bytes=2097152-");
}

TEST_F(HuggingFace, AnInterruptedPullContinuesInTheNextRun) {
  std::atomic<bool> cancel{false};
  PullOptions options;
  options.cancel = &cancel;
  options.on_progress = [&](const PullProgress& progress) { cancel = progress.done_bytes >= 1000000; };
  const auto stopped = pull(options);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::kInterrupted);
  EXPECT_GE(file_bytes(partial() / "tiny.gguf.part"), 1000000u);
  EXPECT_TRUE(hub_.list()->empty()) << "a model that is not whole must not be listed";
  EXPECT_GT(hub_.cache_report()->partial_bytes, 1000000u);
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(testing::read_file(model->path), text_);
  EXPECT_EQ(server_.ranges.size(), 1u);
}

TEST_F(HuggingFace, AServerThatIgnoresRangesIsReadFromTheStart) {
  server_.cut_after = 1 << 20;
  server_.ignore_ranges = true;
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(testing::read_file(model->path), text_);
  EXPECT_EQ(server_.ranges.size(), 1u);
}

TEST_F(HuggingFace, AFileThatChangedBetweenRunsStartsAnew) {
  server_.cut_after = 0;
  server_.n_cuts = 1000;
  ASSERT_FALSE(pull());
  testing::write_file(partial() / "tiny.gguf.part", "left over from another file");
  server_.n_cuts = 0;
  server_.files["tiny.gguf"] = text_ = weights(1 << 20, 7);
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(testing::read_file(model->path), text_);
}

TEST_F(HuggingFace, ABodyThatAlwaysEndsEarlyFailsAndKeepsWhatCame) {
  server_.cut_after = 0;
  server_.n_cuts = 1000;
  const auto model = pull();
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(server_.n_file_gets, 5) << "there is no other source to turn to";
  EXPECT_TRUE(hub_.list()->empty());
}

TEST_F(HuggingFace, AWrongChecksumIsRefusedAndKeptAside) {
  server_.announced_sha256 = std::string(64, 'a');
  const auto model = pull();
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kRefused);
  EXPECT_NE(model.error().got.find(sha256_of(text_)), std::string::npos);
  EXPECT_EQ(file_bytes(partial() / "tiny.gguf.rejected"), text_.size());
  EXPECT_TRUE(hub_.list()->empty());
  EXPECT_EQ(hub_.cache_report()->rejected_bytes, text_.size());
  EXPECT_GE(*hub_.cache_clean(), text_.size());
  EXPECT_FALSE(std::filesystem::exists(partial()));
}

TEST_F(HuggingFace, EachRefusalHasItsMeaning) {
  const std::pair<int, ErrorKind> kCases[] = {
      {401, ErrorKind::kRefused}, {403, ErrorKind::kRefused}, {404, ErrorKind::kNotFound}, {500, ErrorKind::kNetwork}};
  for (const auto& [status, kind] : kCases) {
    server_.status = status;
    const auto model = pull();
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().kind, kind) << status;
    EXPECT_NE(model.error().got.find(std::to_string(status)), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(store_.models() / "lab_tiny@tiny.gguf"))
      << "nothing is left where nothing was fetched";
}

TEST_F(HuggingFace, TheTokenIsSentToTheServerAndNotToWhereItRedirects) {
  server_.token = "secret";
  EXPECT_EQ(pull().error().kind, ErrorKind::kRefused);
  const ScopedEnv token("HF_TOKEN", "secret");
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(server_.token_at_cdn, "");
}

TEST_F(HuggingFace, AFolderOfSafetensorsComesWithItsCompanionsOnly) {
  server_.redirect = false;
  server_.files = {{"config.json", "{}"},      {"tokenizer.json", "{}"},
                   {"README.md", "no"},        {"model.safetensors", "weights"},
                   {"pytorch_model.bin", "x"}, {"consolidated.safetensors", "twice"}};
  const auto model = hub_.resolve("hf:lab/folder@v1.0");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_TRUE(std::filesystem::is_directory(model->path));
  EXPECT_EQ(testing::read_file(model->path / "model.safetensors"), "weights");
  EXPECT_TRUE(std::filesystem::exists(model->path / "tokenizer.json"));
  for (const char* name : {"README.md", "pytorch_model.bin", "consolidated.safetensors"}) {
    EXPECT_FALSE(std::filesystem::exists(model->path / name)) << name;
  }
}

TEST_F(HuggingFace, SeveralGgufFilesAskForAName) {
  server_.files = {{"a-q4.gguf", weights(100)}, {"a-q8.gguf", weights(200)}};
  const auto unclear = hub_.resolve("hf:lab/many");
  ASSERT_FALSE(unclear);
  EXPECT_NE(unclear.error().expected.find("a-q4.gguf, a-q8.gguf"), std::string::npos);
  ASSERT_TRUE(hub_.resolve("hf:lab/many:Q8"));
}

TEST_F(HuggingFace, AllPartsOfASplitFileCome) {
  server_.files = {{"m-00001-of-00002.gguf", weights(100)}, {"m-00002-of-00002.gguf", weights(200, 2)}};
  const auto model = hub_.resolve("hf:lab/split");
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->path.filename(), "m-00001-of-00002.gguf");
  EXPECT_EQ(file_bytes(model->path.parent_path() / "m-00002-of-00002.gguf"), 200u);
}

TEST_F(HuggingFace, AListingWithAPathThatEscapesIsRefused) {
  server_.files = {{"../../evil.gguf", weights(100)}};
  const auto model = hub_.resolve("hf:lab/evil");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kCorruptFile);
}

TEST_F(HuggingFace, ANonCommercialLicenceIsAskedForOnceBeforeAnythingIsFetched) {
  server_.licence = "cc-by-nc-4.0";
  const auto refused = pull();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kRefused);
  EXPECT_NE(refused.error().hint.find("--accept-licence"), std::string::npos);
  EXPECT_EQ(server_.n_requests, 1) << "only the listing";
  PullOptions accept;
  accept.accept_licence = {"lab/tiny"};
  ASSERT_TRUE(pull(accept));
  ASSERT_TRUE(pull()) << "an acceptance is remembered";
}

TEST_F(HuggingFace, AFullDiskIsAClearErrorAndThePullContinuesLater) {
  std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit old {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  struct rlimit small = old;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto full = pull();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::kIo);
  EXPECT_NE(full.error().what.find("no room"), std::string::npos) << full.error().to_string();
  EXPECT_TRUE(hub_.list()->empty());
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(testing::read_file(model->path), text_);
  EXPECT_EQ(server_.ranges.size(), 1u);
}

TEST_F(HuggingFace, AnUnreachableServerFailsWithinSeconds) {
  const ScopedEnv nowhere("HF_ENDPOINT", "http://127.0.0.1:9");
  const auto begin = std::chrono::steady_clock::now();
  const auto model = pull();
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kNetwork);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(HuggingFace, AListingThatHangsIsGivenUpWithinSeconds) {
  server_.hangs = true;
  const auto begin = std::chrono::steady_clock::now();
  const auto model = pull();
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(model.error().expected, "an answer within 5 s");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_F(HuggingFace, WhatNoChecksumVouchesForMustBeAModel) {
  server_.tells_checksums = false;
  for (const char* bytes : {"GGUFx", "<html>no</html>"}) {
    server_.files["tiny.gguf"] = bytes;
    const auto model = pull();
    ASSERT_FALSE(model) << bytes;
    EXPECT_EQ(model.error().kind, ErrorKind::kCorruptFile);
    EXPECT_TRUE(hub_.list()->empty());
    EXPECT_TRUE(std::filesystem::exists(partial() / "tiny.gguf.rejected"));
  }
  server_.files["tiny.gguf"] = text_;
  const auto model = pull();
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_FALSE(hub_.list()->at(0).files.at(0).pinned);
}

TEST_F(HuggingFace, ALicenceThatIsNotKnownIsSaid) {
  server_.licence = "";
  std::string noted;
  PullOptions options;
  options.on_note = [&](const std::string& note) { noted += note; };
  ASSERT_TRUE(pull(options));
  EXPECT_NE(noted.find("licence unknown"), std::string::npos);
}

TEST(Licences, AreSortedByWhatTheyAllow) {
  EXPECT_EQ(classify_licence("apache-2.0"), LicenceKind::kFree);
  EXPECT_EQ(classify_licence("MIT"), LicenceKind::kFree);
  EXPECT_EQ(classify_licence("cc-by-nc-4.0"), LicenceKind::kNonCommercial);
  EXPECT_EQ(classify_licence("exaone"), LicenceKind::kNonCommercial);
  EXPECT_EQ(classify_licence("k-exaone"), LicenceKind::kSpecial);
  EXPECT_EQ(classify_licence("hyperclovax-seed"), LicenceKind::kSpecial);
  EXPECT_EQ(classify_licence(""), LicenceKind::kFree);
}

}  // namespace
}  // namespace hanok
