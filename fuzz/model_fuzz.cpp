// Fuzzes a family's loader and its forward pass: the header of a GGUF file of any bytes, over weights that are always
// there, is refused or computes two tokens.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "model/model.h"

namespace {

constexpr size_t kWeightBytes = 1 << 20;  // more than the seeds' tensors need

// All tensors hold 0.0625 where they are F32.
const std::string& weights() {
  static const std::string bytes = [] {
    std::string pattern;
    for (size_t i = 0; i < kWeightBytes / 4; ++i) pattern += std::string("\0\0\x80\x3d", 4);
    return pattern;
  }();
  return bytes;
}

void compute(const hanok::Model& model, const hanok::ExecContext& ctx) {
  const std::array<int32_t, 2> tokens{0, 1}, positions{0, 1};
  const std::array<int64_t, 1> wanted{1};
  if (model.info().vocab < 2) return;
  hanok::KvCache cache(model.kv_shape(), hanok::KvType::kF16, 2);
  hanok::Workspace work;
  const hanok::AttentionSegment segment{&cache, 0, 2, 0};
  std::vector<float> logits(static_cast<size_t>(model.info().vocab));
  model.forward(ctx, {tokens, positions, {&segment, 1}, wanted}, work, logits.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  std::string file(reinterpret_cast<const char*>(data), n_bytes);
  file.resize((file.size() + 31) / 32 * 32);
  file += weights();
  const int fd = ::memfd_create("fuzz.gguf", 0);
  if (fd < 0) return 0;
  if (::write(fd, file.data(), file.size()) == static_cast<ssize_t>(file.size())) {
    static hanok::ThreadPool pool(1);
    const hanok::ExecContext ctx{pool, *hanok::kernels_for(hanok::Isa::kPortable), hanok::Precision::kInt8};
    if (const auto checkpoint = hanok::Checkpoint::open("/proc/self/fd/" + std::to_string(fd))) {
      if (const auto model = hanok::load_model(*checkpoint, ctx)) compute(**model, ctx);
    }
  }
  ::close(fd);
  return 0;
}
