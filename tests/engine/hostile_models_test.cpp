// Thousands of damaged models, the same ones at every run: each is refused with a place, or loads and runs.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/golden.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "tiny_model.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;

// xorshift64*
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint64_t next() {
    state_ ^= state_ >> 12, state_ ^= state_ << 25, state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1du;
  }
  size_t below(size_t n) { return static_cast<size_t>(next() >> 11) % n; }

 private:
  uint64_t state_;
};

// One to three changes within the first n_head bytes (where a file says what it holds), or the file cut.
std::string mutate(std::string bytes, size_t n_head, Random& random) {
  static constexpr uint64_t kNumbers[] = {0,          1,          2,          3,          7,          255,
                                          256,        0x7fff,     0xffff,     0x10000,    0x7fffffff, 0x80000000,
                                          0xffffffff, 1ull << 32, 1ull << 40, 1ull << 62, 1ull << 63, ~0ull};
  for (size_t n = 1 + random.below(3); n > 0; --n) {
    const size_t at = random.below(n_head), other = random.below(n_head), length = 1 + random.below(64);
    const uint64_t number = kNumbers[random.below(std::size(kNumbers))];
    switch (random.below(8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.next());
        break;
      case 2:
        std::memcpy(bytes.data() + std::min(at, n_head - 4), &number, 4);
        break;
      case 3:
        std::memcpy(bytes.data() + std::min(at, n_head - 8), &number, 8);
        break;
      case 4:
        std::memmove(bytes.data() + at, bytes.data() + other, std::min({length, n_head - at, n_head - other}));
        break;
      case 5:
        bytes.erase(at, std::min(length, n_head - at));
        bytes.resize(std::max(bytes.size(), n_head + 1), '\0');
        break;
      case 6:
        bytes.insert(at, bytes.substr(other, length));
        break;
      default:
        bytes.resize(std::max(n_head + 1, random.below(bytes.size())));
    }
  }
  return bytes;
}

Status load_and_run(const fs::path& path, const ExecContext& ctx) {
  HANOK_TRY(const Checkpoint checkpoint, Checkpoint::open(path));
  HANOK_TRY(const Tokenizer tokenizer,
            checkpoint.is_gguf() ? Tokenizer::from_gguf(checkpoint.gguf()) : Tokenizer::from_folder(path));
  HANOK_TRY(const auto chat, chat_template_of(checkpoint));
  HANOK_TRY(const auto model, load_model(checkpoint, ctx));
  HANOK_TRY(const auto ids, tokenizer.encode("ab가"));
  tokenizer.decode(ids);
  run_model(*model, ctx, {1, 2, 3}, 3);
  return {};
}

class HostileModels : public testing::Test {
 protected:
  HostileModels() : folder_("hostile") {}

  // Damages `file` of the folder n_times, loads `path`, and puts the file back.
  void expect_all_survive(const fs::path& file, size_t n_head, const fs::path& path, uint64_t n_times,
                          bool every_byte_counts = false) {
    std::ifstream in(file, std::ios::binary);
    const std::string original{std::istreambuf_iterator<char>(in), {}};
    ThreadPool pool(1);
    const ExecContext ctx{pool, *choose_kernels().value(), Precision::kInt8};
    const Status whole = load_and_run(path, ctx);
    ASSERT_TRUE(whole) << whole.error().to_string();
    uint64_t n_refused = 0;
    for (uint64_t seed = 1; seed <= n_times; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Random random(seed);
      tiny::write(file, mutate(original, n_head, random));
      const Status status = load_and_run(path, ctx);
      if (status) continue;
      ++n_refused;
      EXPECT_FALSE(status.error().what.empty());
      EXPECT_FALSE(status.error().where.empty()) << status.error().to_string();
    }
    tiny::write(file, original);
    EXPECT_GT(n_refused, n_times / 2) << "most damage must be noticed";
    if (!every_byte_counts) {
      EXPECT_LT(n_refused, n_times) << "some damage is harmless, or nothing was tested";
    }
  }

  tiny::Folder folder_;
};

TEST_F(HostileModels, GgufFilesAreRefusedOrRun) {
  size_t n_head = 0;
  const fs::path file = folder_.path() / "tiny.gguf";
  tiny::write(file, tiny::gguf_bytes(&n_head));
  expect_all_survive(file, n_head, file, 3000);
}

TEST_F(HostileModels, SafetensorsAreRefusedOrRun) {
  const std::string bytes = tiny::safetensors_bytes();
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), 8);
  expect_all_survive(folder_.path() / "model.safetensors", 8 + header_bytes, folder_.path(), 1500, true);
}

TEST_F(HostileModels, ConfigurationsAreRefusedOrRun) {
  const fs::path file = folder_.path() / "config.json";
  expect_all_survive(file, fs::file_size(file) - 1, folder_.path(), 1500);
}

TEST_F(HostileModels, TokenizersAreRefusedOrRun) {
  const fs::path file = folder_.path() / "tokenizer.json";
  expect_all_survive(file, fs::file_size(file) - 1, folder_.path(), 1500);
}

// Weights that are no numbers, in each format and type: named with their tensor.
TEST_F(HostileModels, NanWeightsAreNamed) {
  ThreadPool pool(1);
  const ExecContext ctx{pool, *choose_kernels().value(), Precision::kInt8};
  for (const uint32_t bits : {0x7fc00000u, 0x7f800000u, 0xff800000u, 0x7f800001u}) {
    auto tensors = tiny::tensors();
    for (auto& tensor : tensors) {
      const float good = tensor.values[3];
      std::memcpy(&tensor.values[3], &bits, 4);
      tiny::write(folder_.path() / "model.safetensors", tiny::safetensors_bytes(tensors));
      const Status status = load_and_run(folder_.path(), ctx);
      ASSERT_FALSE(status) << tensor.hf;
      EXPECT_NE(status.error().to_string().find(tensor.hf), std::string::npos) << status.error().to_string();
      EXPECT_NE(status.error().to_string().find("not a finite number"), std::string::npos);
      tensor.values[3] = good;
    }
  }
}

}  // namespace
}  // namespace hanok
