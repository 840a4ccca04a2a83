// What counts as a model: folders with a configuration, folders with one GGUF file, split files; and what does not.
#include "formats/checkpoint.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf_writer.h"
#include "formats/split_name.h"

namespace hanok {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(SplitName, TakesNamesOfPartsApartAndLeavesOthers) {
  const auto split = split_name("model-Q4_K-00002-of-00013.gguf");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->base, "model-Q4_K");
  EXPECT_EQ(split->part, 2);
  EXPECT_EQ(split->n_parts, 13);
  EXPECT_EQ(split->of_part(7), "model-Q4_K-00007-of-00013.gguf");
  for (const char* name : {"", "model.gguf", "best-of-three.gguf", "m-0002-of-0003.gguf", "m-00002-of-00003.GGUF",
                           "m-00002-of-00003.gguf.part", "m_00002-of-00003.gguf", "m-0000x-of-00003.gguf"})
    EXPECT_FALSE(split_name(name)) << name;
}

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("hanok_checkpoint_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A file with one tensor of that name.
  void write_gguf(const std::string& name, const std::string& tensor) const {
    auto writer = GgufWriter::create(folder_ / name, {{"general.architecture", gguf_string("llama")}},
                                     {{tensor, DType::kF32, shape_of({1})}});
    ASSERT_TRUE(writer) << writer.error().to_string();
    const float one = 1;
    ASSERT_TRUE(writer->write(std::as_bytes(std::span(&one, 1))));
    ASSERT_TRUE(writer->finish());
  }
  void write_text(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  std::string error(const std::filesystem::path& path) const {
    const auto checkpoint = Checkpoint::open(path);
    return checkpoint ? "" : checkpoint.error().to_string();
  }

  std::filesystem::path folder_;
};

TEST_F(CheckpointTest, AFolderMayHoldOneGgufModelOfAnyNumberOfParts) {
  write_gguf("best-of-me.gguf", "a");
  auto checkpoint = Checkpoint::open(folder_);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  EXPECT_TRUE(checkpoint->is_gguf());
  EXPECT_EQ(checkpoint->path(), folder_ / "best-of-me.gguf");
  std::filesystem::remove(folder_ / "best-of-me.gguf");
  write_gguf("m-00001-of-00002.gguf", "a");
  write_gguf("m-00002-of-00002.gguf", "b");
  checkpoint = Checkpoint::open(folder_);
  ASSERT_TRUE(checkpoint) << checkpoint.error().to_string();
  EXPECT_EQ(checkpoint->names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(checkpoint->weight_files().size(), 2u);
  checkpoint = Checkpoint::open(folder_ / "m-00002-of-00002.gguf");  // any part opens all
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->names().size(), 2u);
}

TEST_F(CheckpointTest, NamesAMissingPartAndTensorsOfOneName) {
  write_gguf("m-00001-of-00002.gguf", "a");
  EXPECT_THAT(error(folder_ / "m-00001-of-00002.gguf"),
              AllOf(HasSubstr("m-00002-of-00002.gguf"), HasSubstr("missing"), HasSubstr("2 parts")));
  write_gguf("m-00002-of-00002.gguf", "a");
  EXPECT_THAT(error(folder_), AllOf(HasSubstr("one name"), HasSubstr("a")));
  write_gguf("n-00001-of-00000.gguf", "a");
  EXPECT_THAT(error(folder_ / "n-00001-of-00000.gguf"), HasSubstr("1 to 1000"));
}

TEST_F(CheckpointTest, SaysWhatAFolderLacks) {
  EXPECT_THAT(error(folder_), AllOf(HasSubstr(folder_.string()), HasSubstr("config.json"), HasSubstr("*.gguf")));
  write_text("config.json", R"({"model_type": "llama"})");
  EXPECT_THAT(error(folder_), AllOf(HasSubstr("no weights"), HasSubstr("*.safetensors")));
  write_text("model.safetensors", "");
  EXPECT_THAT(error(folder_), AllOf(HasSubstr("model.safetensors"), HasSubstr("header")));
  EXPECT_THAT(error(folder_ / "nothing"), HasSubstr("nothing"));
  EXPECT_THAT(error(std::string(5000, 'x')), HasSubstr("File name too long"));
}

TEST_F(CheckpointTest, NamesTheJsonFileThatIsBroken) {
  for (const char* text : {"", "{\"model_type\": \"lla", "[1]", "null", "\xff\xfe{}"}) {
    write_text("config.json", text);
    EXPECT_THAT(error(folder_), AllOf(HasSubstr("config.json"), HasSubstr("not a JSON object"))) << text;
  }
  write_text("config.json", "{}");
  write_text("generation_config.json", "{\"eos_token_id\": [1, 2");
  EXPECT_THAT(error(folder_), AllOf(HasSubstr("generation_config.json"), HasSubstr("not a JSON object")));
  std::filesystem::remove(folder_ / "generation_config.json");
  for (const char* text : {"{}", R"({"weight_map": 3})"}) {
    write_text("model.safetensors.index.json", text);
    EXPECT_THAT(error(folder_), AllOf(HasSubstr("index.json"), HasSubstr("weight_map")));
  }
  for (const char* name : {"../secret.safetensors", "/etc/passwd", "", "a/b.safetensors"}) {
    write_text("model.safetensors.index.json", std::string(R"({"weight_map": {"x": ")") + name + "\"}}");
    EXPECT_THAT(error(folder_), HasSubstr("a name within the folder")) << name;
  }
  write_text("model.safetensors.index.json", R"({"weight_map": {"x": "gone.safetensors"}})");
  EXPECT_THAT(error(folder_), HasSubstr("gone.safetensors"));
}

}  // namespace
}  // namespace hanok
