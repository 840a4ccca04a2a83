// Converting a whole model: what comes out is complete and reported, and what fails leaves nothing behind.
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <limits>

#include "convert/convert_test.h"
#include "scratch.h"
#include "text/tokenizer.h"
#include "tiny_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class QuantizeModel : public Converting {
 protected:
  QuantizeModel() : folder_("quantize_model") {}
  std::string error(const fs::path& to, const QuantizeOptions& options) {
    const auto checkpoint = Checkpoint::open(folder_.path());
    if (!checkpoint) return checkpoint.error().to_string();
    const auto report = quantize_model(*checkpoint, to, context(), options);
    return report ? "" : report.error().to_string();
  }
  void write_weights(std::vector<tiny::Tensor> tensors) {
    tiny::write(folder_.path() / "model.safetensors", tiny::safetensors_bytes(tensors));
  }

  const QuantizeOptions q8_{.type = find_file_type("Q8_0")};
  tiny::Folder folder_;
};

TEST_F(QuantizeModel, WritesAModelThatIsWholeAndReported) {
  std::vector<uint64_t> steps;
  QuantizeOptions options = q8_;
  options.progress = [&](uint64_t done, uint64_t total, const std::string& name) {
    EXPECT_LE(done, total);
    EXPECT_FALSE(name.empty());
    steps.push_back(done);
    return true;
  };
  const auto checkpoint = Checkpoint::open(folder_.path());
  ASSERT_TRUE(checkpoint);
  const auto report = quantize_model(*checkpoint, out("tiny"), context(), options);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.size(), report->tensors.size());
  EXPECT_EQ(report->file_bytes, fs::file_size(out("tiny")));
  EXPECT_EQ(n_files_left(), 1U);
  ASSERT_EQ(report->tensors.size(), tiny::tensors().size());
  const auto written = Checkpoint::open(out("tiny"));
  ASSERT_TRUE(written);
  for (const QuantizedTensor& tensor : report->tensors) {
    ASSERT_NE(written->find(tensor.name), nullptr) << tensor.name;
    EXPECT_EQ(written->find(tensor.name)->dtype, tensor.to) << tensor.name;
    EXPECT_EQ(written->find(tensor.name)->n_bytes(), tensor.to_bytes) << tensor.name;
    EXPECT_EQ(tensor.distortion > 0, tensor.shape.rank == 2) << tensor.name;
  }
  const auto original = Tokenizer::from_folder(folder_.path()), read = Tokenizer::from_gguf(written->gguf());
  ASSERT_TRUE(original && read);
  EXPECT_EQ(read->encode("abc 한글").value(), original->encode("abc 한글").value());
}

// Written from safetensors or from the same model's GGUF: the same bytes of weights.
TEST_F(QuantizeModel, GivesTheSameWeightsFromEitherFormat) {
  ASSERT_TRUE(convert(folder_.path(), out("f32"), "F32"));
  for (const char* type : {"Q8_0", "Q4_0", "Q4_K_M"}) {
    ASSERT_TRUE(convert(folder_.path(), out("direct"), type));
    ASSERT_TRUE(convert(out("f32"), out("again"), type));
    const auto direct = Checkpoint::open(out("direct")), again = Checkpoint::open(out("again"));
    ASSERT_TRUE(direct && again);
    for (const std::string& name : direct->names()) {
      const TensorView *a = direct->find(name), *b = again->find(name);
      ASSERT_NE(b, nullptr) << name;
      ASSERT_EQ(a->n_bytes(), b->n_bytes()) << name;
      EXPECT_EQ(std::memcmp(a->data, b->data, a->n_bytes()), 0) << type << " " << name;
    }
    fs::remove(out("direct"));
    fs::remove(out("again"));
  }
}

TEST_F(QuantizeModel, RefusesToReplaceWhatIsThere) {
  tiny::write(out("there"), "precious");
  EXPECT_THAT(error(out("there"), q8_), AllOf(HasSubstr("exists already"), HasSubstr("there.gguf")));
  EXPECT_EQ(testing::read_file(out("there")), "precious");
  QuantizeOptions force = q8_;
  force.overwrite = true;
  EXPECT_EQ(error(out("there"), force), "");
  EXPECT_EQ(testing::read_file(out("there")).substr(0, 4), "GGUF");
}

TEST_F(QuantizeModel, RefusesItsOwnSourceEvenWhenForced) {
  QuantizeOptions force = q8_;
  force.overwrite = true;
  const fs::path weights = folder_.path() / "model.safetensors";
  const std::string before = testing::read_file(weights);
  const fs::path link = out("link");
  fs::create_hard_link(weights, link);
  for (const fs::path& to : {weights, link}) EXPECT_THAT(error(to, force), HasSubstr("the model it is made from"));
  EXPECT_EQ(testing::read_file(weights), before);
}

TEST_F(QuantizeModel, NamesAPlaceThatCannotBeWritten) {
  EXPECT_THAT(error(out_folder_, q8_), HasSubstr("not a file name"));
  EXPECT_THAT(error(out_folder_ / "none" / "x.gguf", q8_), AllOf(HasSubstr("none/x.gguf"), HasSubstr("No such file")));
}

TEST_F(QuantizeModel, StoppedAnywhereLeavesWhatWasThere) {
  tiny::write(out("there"), "precious");
  for (int stop_at = 0; stop_at < 5; ++stop_at) {
    QuantizeOptions options = q8_;
    options.overwrite = true;
    int n_calls = 0;
    options.progress = [&](uint64_t, uint64_t, const std::string&) { return n_calls++ < stop_at; };
    EXPECT_THAT(error(out("there"), options), HasSubstr("stopped"));
    EXPECT_EQ(testing::read_file(out("there")), "precious");
    EXPECT_EQ(n_files_left(), 1U);
  }
}

// A limit on the file's size stands for a full disk: the system calls fail in the same way.
TEST_F(QuantizeModel, FullDiskLeavesWhatWasThere) {
  std::signal(SIGXFSZ, SIG_IGN);
  tiny::write(out("there"), "precious");
  QuantizeOptions force = q8_;
  force.overwrite = true;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  for (const rlim_t limit : {0, 1000, 20000}) {
    const rlimit small{limit, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const std::string message = error(out("there"), force);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_THAT(message, AllOf(HasSubstr("disk is full"), HasSubstr("there.gguf"), HasSubstr("room for")));
    EXPECT_EQ(testing::read_file(out("there")), "precious");
    EXPECT_EQ(n_files_left(), 1U);
  }
}

TEST_F(QuantizeModel, RefusesWeightsThatAreNotFinite) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto tensors = tiny::tensors();
    const auto it = std::find_if(tensors.begin(), tensors.end(),
                                 [](const auto& t) { return t.hf == "model.layers.1.mlp.up_proj.weight"; });
    it->values[777] = bad;
    write_weights(tensors);
    EXPECT_THAT(error(out("nan"), q8_), AllOf(HasSubstr("not a finite number"), HasSubstr("layers.1.mlp.up_proj")));
    EXPECT_EQ(n_files_left(), 0U);
  }
}

// An f16 scale ends at 65504: the block would decode to infinity.
TEST_F(QuantizeModel, RefusesWeightsTooLargeForTheType) {
  auto tensors = tiny::tensors();
  tensors[0].values[5] = 1e9f;
  write_weights(tensors);
  EXPECT_THAT(error(out("large"), q8_), AllOf(HasSubstr("too large for the type"), HasSubstr("embed_tokens")));
  EXPECT_EQ(n_files_left(), 0U);
}

TEST_F(QuantizeModel, RefusesMissingSurplusAndMisshapenTensors) {
  const auto original = tiny::tensors();
  auto missing = original;
  missing.erase(missing.begin());
  write_weights(missing);
  EXPECT_THAT(error(out("x"), q8_), AllOf(HasSubstr("missing tensor"), HasSubstr("model.embed_tokens")));
  auto surplus = original;
  surplus.push_back(original[0]);
  surplus.back().hf = "model.visual.weight";
  write_weights(surplus);
  EXPECT_THAT(error(out("x"), q8_), AllOf(HasSubstr("does not have"), HasSubstr("model.visual.weight")));
  auto misshapen = original;
  std::swap(misshapen[0].shape[0], misshapen[0].shape[1]);
  write_weights(misshapen);
  EXPECT_THAT(error(out("x"), q8_), AllOf(HasSubstr("wrong shape"), HasSubstr("[264, 32]"), HasSubstr("[32, 264]")));
  EXPECT_EQ(n_files_left(), 0U);
}

// Rows that are not whole blocks of 256 take the type that llama.cpp falls back to.
// The family's loader looks at a GGUF source too, before anything is written.
TEST_F(QuantizeModel, RefusesAGgufFileThatWouldNotRun) {
  const auto error_of = [&](const std::string& bytes) {
    tiny::write(folder_.path() / "source.gguf", bytes);
    const auto report = convert(folder_.path() / "source.gguf", out("copy"), "F32");
    EXPECT_FALSE(fs::exists(out("copy")) && !report);
    return report ? "" : report.error().to_string();
  };
  const std::string good = tiny::gguf_bytes();
  EXPECT_EQ(error_of(good), "");
  fs::remove(out("copy"));
  std::string renamed = good;
  renamed.replace(renamed.find("blk.0.ffn_up"), 12, "blk.0.ffn_xx");
  EXPECT_THAT(error_of(renamed), AllOf(HasSubstr("missing tensor"), HasSubstr("blk.0.ffn_up.weight")));
  std::string reshaped = good;
  reshaped.replace(reshaped.find("llama.feed_forward_length") + 29, 1, "\x30");
  EXPECT_THAT(error_of(reshaped), HasSubstr("blk.0.ffn_gate.weight"));
}

TEST_F(QuantizeModel, SaysThatTheSourceIsQuantisedAlready) {
  ASSERT_TRUE(convert(folder_.path(), out("q8"), "Q8_0"));
  const auto again = convert(out("q8"), out("q8_again"), "Q8_0");
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->notes.empty());  // copied as it is
  ASSERT_TRUE(convert(folder_.path(), out("q4"), "Q4_0"));
  const auto coarser = convert(out("q4"), out("q5"), "Q5_0");
  ASSERT_TRUE(coarser) << coarser.error().to_string();
  EXPECT_EQ(coarser->notes.size(), 1U);
}

TEST_F(QuantizeModel, FallsBackWhereRowsAreNotWholeBlocks) {
  const std::map<std::string, std::string> fallback = {
      {"Q4_K_M", "Q5_0"}, {"Q5_K_M", "Q5_1"}, {"Q6_K", "Q8_0"}, {"Q4_0", "Q4_0"}, {"Q8_0", "Q8_0"}};
  for (const auto& [type, expected] : fallback) {
    const auto report = convert(folder_.path(), out(type), type);
    ASSERT_TRUE(report) << report.error().to_string();
    for (const QuantizedTensor& tensor : report->tensors) {
      const bool is_head = tensor.name == "output.weight";  // Q8_0 in place of Q6_K
      if (is_head || tensor.name == "blk.0.attn_output.weight") {
        EXPECT_EQ(dtype_name(tensor.to), is_head ? "Q8_0" : expected) << type;
      }
    }
  }
}

}  // namespace
}  // namespace hanok
