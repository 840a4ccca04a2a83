// Every number and flag of a family's GGUF keys, replaced by extremes: refused, or loaded and run; never a crash.
#include <set>

#include "convert/convert_test.h"
#include "formats/gguf_writer.h"

namespace hanok {
namespace {

class GgufExtremes : public Converting, public testing::WithParamInterface<const char*> {
 protected:
  // The file with one more or another key.
  void write_with(const GgufFile& file, const std::string& key, GgufValue value) {
    GgufMetadata metadata = file.metadata();
    metadata.insert_or_assign(key, std::move(value));
    std::vector<GgufTensorInfo> infos;
    for (const auto& tensor : file.tensors()) infos.push_back({tensor.name, tensor.view.dtype, tensor.view.shape});
    auto writer = GgufWriter::create(out("changed"), metadata, std::move(infos));
    ASSERT_TRUE(writer) << writer.error().to_string();
    for (const auto& tensor : file.tensors()) ASSERT_TRUE(writer->write({tensor.view.data, tensor.view.n_bytes()}));
    ASSERT_TRUE(writer->finish());
  }
};

TEST_P(GgufExtremes, AreRefusedOrRun) {
  ASSERT_TRUE(convert(families_folder() / GetParam(), out("whole"), "F32"));
  const auto file = GgufFile::open(out("whole"));
  ASSERT_TRUE(file) << file.error().to_string();
  const std::string prefix = file->get_string("general.architecture").value() + ".";
  // Keys that a file may have besides those written here.
  std::set<std::string> keys{prefix + "rope.dimension_count", prefix + "attention.key_length",
                             prefix + "vocab_size",           prefix + "attention.value_length",
                             prefix + "rope.scaling.factor",  prefix + "attention.sliding_window"};
  for (const auto& [key, value] : file->metadata())
    if (key.starts_with(prefix) && !std::holds_alternative<std::string>(value.value)) keys.insert(key);
  const std::vector<GgufValue> values{
      gguf_u32(0),     gguf_u32(1),       gguf_u32(2),          gguf_u32(3),
      gguf_u32(1000),  gguf_u32(1 << 24), gguf_u32(UINT32_MAX), {GgufType::kI64, int64_t{-1}},
      gguf_f32(0.5F),  gguf_f32(-1e30F),  gguf_f32(1e30F),      gguf_bool(true),
      gguf_bool(false)};
  for (const std::string& key : keys) {
    for (size_t i = 0; i < values.size(); ++i) {
      SCOPED_TRACE(key + ", value " + std::to_string(i));
      write_with(*file, key, values[i]);
      const auto got = run(out("changed"), {0, 1}, Precision::kF32);
      EXPECT_TRUE(got ? std::all_of(got->logits.begin(), got->logits.end(), [](float x) { return std::isfinite(x); })
                      : !got.error().what.empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, GgufExtremes,
                         testing::Values("llama", "llama_yarn_usual_betas", "qwen2", "exaone4_hybrid", "gemma3",
                                         "hyperclovax", "gpt_neox_parallel", "gptj"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace hanok
