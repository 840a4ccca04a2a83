// A tiny E5S1 file, written byte by byte as the package's engine documents it.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/f16.h"

namespace hanok {

class E5s1Bytes {
 public:
  static constexpr int kHidden = 32, kLayers = 2, kHeads = 2, kFfn = 64, kPositions = 12, kVocab = 24;

  // What a tensor's name and count become may be changed before make() to break the file.
  std::vector<std::string> pieces{"<s>",
                                  "<pad>",
                                  "</s>",
                                  "<unk>",
                                  "\xe2\x96\x81",
                                  "한",
                                  "국",
                                  "\xe2\x96\x81한국",
                                  "어",
                                  "a",
                                  "b",
                                  "ab",
                                  "\xe2\x96\x81query",
                                  ":",
                                  "\xe2\x96\x81passage",
                                  "각",
                                  "<mask>"};
  std::vector<std::pair<uint32_t, std::u32string>> replacements{
      {0x9, U" "}, {0x3000, U" "}, {0xff41, U"a"}, {0xad, U""}};
  std::string without;  // the tensor of this name is left out
  uint64_t offset_by = 0;

  std::string make() {
    bytes_ = "E5S1";
    put(uint32_t{1});
    for (const int32_t size : {kHidden, kLayers, kHeads, kFfn, kVocab, kPositions, 2}) put(size);
    put(1e-12f);
    put(int32_t{32});
    put_pieces();
    put_replacements();
    put_tensors();
    return bytes_;
  }

 private:
  template <class T>
  void put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  void put_pieces() {
    put(static_cast<int32_t>(pieces.size()));
    for (const int32_t id : {0, 2, 1, 3}) put(id);
    std::string text;
    std::vector<uint32_t> ends{0};
    for (const std::string& piece : pieces) ends.push_back(static_cast<uint32_t>((text += piece).size()));
    put(uint64_t{text.size()});
    for (const uint32_t end : ends) put(end);
    for (size_t i = 0; i < pieces.size(); ++i)
      put(i < 4 || i + 1 == pieces.size() ? 0.0f : -1.0f - static_cast<float>(i) / 100);
    bytes_ += text;
  }

  void put_replacements() {
    uint32_t n_bytes = 0;
    for (const auto& [from, becomes] : replacements) n_bytes += 5 + 4 * static_cast<uint32_t>(becomes.size());
    put(static_cast<uint32_t>(replacements.size()));
    put(n_bytes);
    for (const auto& [from, becomes] : replacements) {
      put(from);
      put(static_cast<uint8_t>(becomes.size()));
      for (const char32_t c : becomes) put(static_cast<uint32_t>(c));
    }
  }

  struct Tensor {
    std::string name, data;
    uint8_t type;
    uint32_t n_elems;
  };

  float wave() { return static_cast<float>(std::sin(0.7 * ++n_values_)); }

  Tensor floats(const std::string& name, int n, float around = 0) {
    Tensor tensor{name, "", 0, static_cast<uint32_t>(n)};
    for (int i = 0; i < n; ++i) {
      const float value = around + 0.2f * wave();
      tensor.data.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    return tensor;
  }

  Tensor blocks(const std::string& name, int n_rows, int n_cols) {
    Tensor tensor{name, "", 1, static_cast<uint32_t>(n_rows * n_cols)};
    for (int i = 0; i < n_rows * n_cols / 32; ++i) {
      const uint16_t scale = f32_to_f16(0.03f + 0.01f * wave());
      tensor.data.append(reinterpret_cast<const char*>(&scale), sizeof scale);
      for (int k = 0; k < 16; ++k) tensor.data += static_cast<char>(static_cast<int>(128 + 120 * wave()));
    }
    return tensor;
  }

  std::vector<Tensor> tensors() {
    std::vector<Tensor> all{blocks("emb.word", kVocab, kHidden), floats("emb.pos", kPositions * kHidden),
                            floats("emb.type", 2 * kHidden), floats("emb.ln.w", kHidden, 1),
                            floats("emb.ln.b", kHidden)};
    for (int i = 0; i < kLayers; ++i) {
      const auto name = [&](const char* part) { return fmt::format("l{}.{}", i, part); };
      for (const char* part : {"q", "k", "v", "ao"}) {
        all.push_back(blocks(name(part) + ".w", kHidden, kHidden));
        all.push_back(floats(name(part) + ".b", kHidden));
      }
      all.push_back(blocks(name("fi.w"), kFfn, kHidden));
      all.push_back(floats(name("fi.b"), kFfn));
      all.push_back(blocks(name("fo.w"), kHidden, kFfn));
      all.push_back(floats(name("fo.b"), kHidden));
      for (const char* part : {"aln", "oln"}) {
        all.push_back(floats(name(part) + ".w", kHidden, 1));
        all.push_back(floats(name(part) + ".b", kHidden));
      }
    }
    std::erase_if(all, [&](const Tensor& tensor) { return tensor.name == without; });
    return all;
  }

  void put_tensors() {
    const std::vector<Tensor> all = tensors();
    uint64_t at = bytes_.size() + 4;
    for (const Tensor& tensor : all) at += 2 + tensor.name.size() + 1 + 4 + 8 + 8;
    at += offset_by;
    put(static_cast<uint32_t>(all.size()));
    for (const Tensor& tensor : all) {
      put(static_cast<uint16_t>(tensor.name.size()));
      bytes_ += tensor.name;
      put(tensor.type);
      put(tensor.n_elems);
      put(at);
      put(uint64_t{tensor.data.size()});
      at += tensor.data.size();
    }
    for (const Tensor& tensor : all) bytes_ += tensor.data;
  }

  std::string bytes_;
  int n_values_ = 0;
};

}  // namespace hanok
