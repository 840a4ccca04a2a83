// Models in several files: split GGUF files and sharded safetensors are one model, or refused with the part's name.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "formats/checkpoint.h"
#include "formats/gguf_writer.h"
#include "tiny_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

bool same_bytes(const TensorView& a, const TensorView& b) {
  return a.shape == b.shape && a.dtype == b.dtype && std::memcmp(a.data, b.data, a.n_bytes()) == 0;
}

class SplitGguf : public testing::Test {
 protected:
  static constexpr size_t kParts = 3;

  SplitGguf() : folder_("split_gguf") {
    fs::remove_all(folder_.path());
    fs::create_directories(folder_.path() / "whole");
    tiny::write(whole(), tiny::gguf_bytes());
  }
  fs::path whole() const { return folder_.path() / "whole" / "tiny.gguf"; }
  fs::path part(size_t part_idx, size_t n_parts = kParts) const {
    return folder_.path() / fmt::format("tiny-{:05}-of-{:05}.gguf", part_idx + 1, n_parts);
  }

  // What a part says; the keys of the model stand in the first only.
  struct Said {
    uint64_t no, count, n_tensors;
  };
  // Part part_idx holds every third tensor.
  void write_part(size_t part_idx, const GgufFile& file, const fs::path& path, Said said) {
    GgufMetadata metadata = part_idx == 0 ? file.metadata() : GgufMetadata{};
    metadata["split.no"] = {GgufType::kU16, said.no};
    metadata["split.count"] = {GgufType::kU16, said.count};
    metadata["split.tensors.count"] = {GgufType::kI32, static_cast<int64_t>(said.n_tensors)};
    std::vector<GgufTensorInfo> infos;
    std::vector<TensorView> views;
    for (size_t i = part_idx; i < file.tensors().size(); i += kParts) {
      infos.push_back({file.tensors()[i].name, file.tensors()[i].view.dtype, file.tensors()[i].view.shape});
      views.push_back(file.tensors()[i].view);
    }
    auto writer = GgufWriter::create(path, metadata, infos);
    ASSERT_TRUE(writer) << writer.error().to_string();
    for (const TensorView& view : views) ASSERT_TRUE(writer->write({view.data, view.n_bytes()}));
    ASSERT_TRUE(writer->finish());
  }
  void write_parts() {
    const auto file = GgufFile::open(whole());
    ASSERT_TRUE(file) << file.error().to_string();
    for (size_t i = 0; i < kParts; ++i) write_part(i, *file, part(i), {i, kParts, file->tensors().size()});
  }
  std::string error(const fs::path& path) const {
    const auto checkpoint = Checkpoint::open(path);
    return checkpoint ? "" : checkpoint.error().to_string();
  }

  tiny::Folder folder_;
};

TEST_F(SplitGguf, OpensByAnyPartAndByItsFolder) {
  write_parts();
  const auto file = Checkpoint::open(whole());
  ASSERT_TRUE(file);
  for (const fs::path& path : {part(0), part(1), part(2), folder_.path()}) {
    const auto joined = Checkpoint::open(path);
    ASSERT_TRUE(joined) << joined.error().to_string();
    EXPECT_EQ(joined->weight_files().size(), kParts);
    EXPECT_EQ(joined->gguf().get_string("general.architecture").value(), "llama");
    ASSERT_EQ(joined->names(), file->names());
    for (const std::string& name : file->names())
      EXPECT_TRUE(same_bytes(*joined->find(name), *file->find(name))) << name;
  }
}

TEST_F(SplitGguf, NamesAMissingPart) {
  write_parts();
  fs::remove(part(1));
  for (const fs::path& path : {part(0), part(2)})
    EXPECT_THAT(error(path), AllOf(HasSubstr("part of a split file is missing"), HasSubstr("tiny-00002-of-00003")));
}

TEST_F(SplitGguf, NamesADamagedPart) {
  write_parts();
  fs::resize_file(part(2), fs::file_size(part(2)) / 2);
  EXPECT_THAT(error(part(0)), AllOf(HasSubstr("beyond the end"), HasSubstr("tiny-00003-of-00003")));
}

TEST_F(SplitGguf, RefusesPartsUnderWrongNames) {
  write_parts();
  fs::rename(part(1), folder_.path() / "x");
  fs::rename(part(2), part(1));
  fs::rename(folder_.path() / "x", part(2));
  EXPECT_THAT(error(part(0)), AllOf(HasSubstr("contradicts its name"), HasSubstr("tiny-00002-of-00003"),
                                    HasSubstr("split.no"), HasSubstr("expected 1, got 2")));
}

TEST_F(SplitGguf, RefusesAWrongNumberOfParts) {
  write_parts();
  for (size_t i = 0; i < kParts - 1; ++i) fs::rename(part(i), part(i, kParts - 1));
  EXPECT_THAT(error(part(0, 2)),
              AllOf(HasSubstr("contradicts its name"), HasSubstr("split.count"), HasSubstr("expected 2, got 3")));
}

TEST_F(SplitGguf, RefusesAWrongNumberOfTensors) {
  const auto file = GgufFile::open(whole());
  ASSERT_TRUE(file);
  for (size_t i = 0; i < kParts; ++i) write_part(i, *file, part(i), {i, kParts, 999});
  EXPECT_THAT(error(part(0)), AllOf(HasSubstr("wrong number of tensors"), HasSubstr("999")));
}

TEST_F(SplitGguf, RefusesOneTensorInTwoParts) {
  const auto file = GgufFile::open(whole());
  ASSERT_TRUE(file);
  for (size_t i = 0; i < kParts; ++i) write_part(i == 2 ? 0 : i, *file, part(i), {i, kParts, 21});
  EXPECT_THAT(error(part(0)), AllOf(HasSubstr("two tensors have one name"), HasSubstr("token_embd.weight")));
}

class ShardedSafetensors : public testing::Test {
 protected:
  ShardedSafetensors() : folder_("sharded"), whole_("sharded_whole") {
    fs::remove(folder_.path() / "model.safetensors");
    std::vector<tiny::Tensor> first = tiny::tensors(), second;
    for (size_t i = 0; i < 8; ++i) {
      second.push_back(first.back());
      first.pop_back();
    }
    write_shard("model-00001-of-00002.safetensors", first);
    write_shard("model-00002-of-00002.safetensors", second);
    write_index();
  }
  void write_shard(const std::string& name, const std::vector<tiny::Tensor>& tensors) {
    tiny::write(folder_.path() / name, tiny::safetensors_bytes(tensors));
    for (const tiny::Tensor& tensor : tensors) map_[tensor.hf] = name;
  }
  void write_index() {
    const nlohmann::ordered_json index = {{"metadata", {{"total_size", 1}}}, {"weight_map", map_}};
    tiny::write(folder_.path() / "model.safetensors.index.json", index.dump());
  }
  std::string error() const {
    const auto checkpoint = Checkpoint::open(folder_.path());
    return checkpoint ? "" : checkpoint.error().to_string();
  }

  tiny::Folder folder_, whole_;
  nlohmann::ordered_json map_ = nlohmann::ordered_json::object();
};

TEST_F(ShardedSafetensors, AreOneModel) {
  const auto joined = Checkpoint::open(folder_.path()), whole = Checkpoint::open(whole_.path());
  ASSERT_TRUE(joined && whole) << error();
  EXPECT_EQ(joined->weight_files().size(), 2U);
  ASSERT_EQ(joined->names(), whole->names());
  for (const std::string& name : whole->names())
    EXPECT_TRUE(same_bytes(*joined->find(name), *whole->find(name))) << name;
}

// Other safetensors files of the folder (adapters, an older copy) are not the model's.
TEST_F(ShardedSafetensors, AreThoseThatTheIndexNames) {
  tiny::write(folder_.path() / "adapter.safetensors", tiny::safetensors_bytes());
  EXPECT_EQ(error(), "");
}

TEST_F(ShardedSafetensors, NameAMissingShard) {
  fs::remove(folder_.path() / "model-00002-of-00002.safetensors");
  EXPECT_THAT(error(), AllOf(HasSubstr("model-00002-of-00002.safetensors"), HasSubstr("No such file")));
}

TEST_F(ShardedSafetensors, NameATensorThatIsNotWhereTheIndexSays) {
  map_["model.norm.weight"] = "model-00002-of-00002.safetensors";
  write_index();
  EXPECT_THAT(error(), AllOf(HasSubstr("not in the file that the index names"), HasSubstr("model.norm.weight"),
                             HasSubstr("model-00002-of-00002.safetensors")));
}

TEST_F(ShardedSafetensors, RefuseOneTensorInTwoShards) {
  write_shard("model-00002-of-00002.safetensors", tiny::tensors());
  write_index();
  map_ = {{"model.norm.weight", "model-00001-of-00002.safetensors"},
          {"lm_head.weight", "model-00002-of-00002.safetensors"}};
  write_index();
  EXPECT_THAT(error(), HasSubstr("two tensors have one name"));
}

TEST_F(ShardedSafetensors, RefuseAnIndexThatLeavesTheFolder) {
  for (const char* path : {"../model.safetensors", "/etc/passwd", "sub/model.safetensors", ""}) {
    map_["model.norm.weight"] = path;
    write_index();
    EXPECT_THAT(error(), AllOf(HasSubstr("wrong file name"), HasSubstr("model.norm.weight")));
  }
  tiny::write(folder_.path() / "model.safetensors.index.json", "{}");
  EXPECT_THAT(error(), HasSubstr("missing weight_map"));
  tiny::write(folder_.path() / "model.safetensors.index.json", "nonsense");
  EXPECT_THAT(error(), HasSubstr("not a JSON object"));
}

}  // namespace
}  // namespace hanok
