// A tiny Llama with random weights and a byte-level tokenizer, as a folder of safetensors and as a GGUF file.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "text/byte_level.h"

namespace hanok::tiny {

inline constexpr int64_t kVocab = 264, kHidden = 32, kHeads = 2, kKvHeads = 1, kHeadDim = 16, kFfn = 64, kLayers = 2;
inline constexpr int64_t kContext = 256;
// The tokens are the 256 bytes in order, then these; the last five rows of the embedding belong to no token.
inline constexpr int32_t kAb = 256, kBos = 257, kEos = 258;
inline constexpr const char* kTemplate = "{% for m in messages %}{{ m.content }}{% endfor %}";

struct Tensor {
  std::string hf, gguf;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

// With hidden and ffn of 256 every row is a whole block of the K formats.
struct Sizes {
  int64_t hidden = kHidden, head_dim = kHeadDim, ffn = kFfn;
};
inline constexpr Sizes kWide{256, 128, 256};

inline std::vector<Tensor> tensors(const Sizes& sizes = {}) {
  const auto& [hidden, head_dim, ffn] = sizes;
  const float range = std::sqrt(static_cast<float>(kHidden) / static_cast<float>(hidden));  // of a matrix's values
  std::vector<Tensor> all;
  uint32_t state = 1;
  const auto add = [&](std::string hf, std::string gguf, std::vector<int64_t> shape) {
    size_t n = 1;
    for (const int64_t size : shape) n *= static_cast<size_t>(size);
    Tensor tensor{std::move(hf) + ".weight", std::move(gguf) + ".weight", std::move(shape), {}};
    for (size_t i = 0; i < n; ++i) {
      state = state * 1664525u + 1013904223u;
      const float uniform = static_cast<float>(state >> 8) / static_cast<float>(1 << 24) - 0.5f;
      tensor.values.push_back(tensor.shape.size() == 1 ? 1 + 0.2f * uniform : range * uniform);
    }
    all.push_back(std::move(tensor));
  };
  add("model.embed_tokens", "token_embd", {kVocab, hidden});
  add("model.norm", "output_norm", {hidden});
  add("lm_head", "output", {kVocab, hidden});
  for (int64_t i = 0; i < kLayers; ++i) {
    const std::string hf = "model.layers." + std::to_string(i) + ".", gguf = "blk." + std::to_string(i) + ".";
    add(hf + "input_layernorm", gguf + "attn_norm", {hidden});
    add(hf + "self_attn.q_proj", gguf + "attn_q", {kHeads * head_dim, hidden});
    add(hf + "self_attn.k_proj", gguf + "attn_k", {kKvHeads * head_dim, hidden});
    add(hf + "self_attn.v_proj", gguf + "attn_v", {kKvHeads * head_dim, hidden});
    add(hf + "self_attn.o_proj", gguf + "attn_output", {hidden, kHeads * head_dim});
    add(hf + "post_attention_layernorm", gguf + "ffn_norm", {hidden});
    add(hf + "mlp.gate_proj", gguf + "ffn_gate", {ffn, hidden});
    add(hf + "mlp.up_proj", gguf + "ffn_up", {ffn, hidden});
    add(hf + "mlp.down_proj", gguf + "ffn_down", {hidden, ffn});
  }
  return all;
}

inline std::vector<std::string> pieces() {
  std::vector<std::string> all;
  for (int byte = 0; byte < 256; ++byte) {
    all.emplace_back();
    append_utf8(all.back(), byte_level_char(static_cast<uint8_t>(byte)));
  }
  all.insert(all.end(), {"ab", "<s>", "</s>"});
  return all;
}

inline nlohmann::ordered_json config_json(const Sizes& sizes = {}) {
  return {{"model_type", "llama"},
          {"hidden_act", "silu"},
          {"hidden_size", sizes.hidden},
          {"intermediate_size", sizes.ffn},
          {"num_hidden_layers", kLayers},
          {"num_attention_heads", kHeads},
          {"num_key_value_heads", kKvHeads},
          {"head_dim", sizes.head_dim},
          {"max_position_embeddings", kContext},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0},
          {"tie_word_embeddings", false},
          {"eos_token_id", kEos},
          {"vocab_size", kVocab}};
}

inline nlohmann::ordered_json tokenizer_json() {
  nlohmann::ordered_json vocab = nlohmann::ordered_json::object();
  const auto names = pieces();
  for (size_t i = 0; i <= kAb; ++i) vocab[names[i]] = i;
  return {{"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"a b"}}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"decoder", {{"type", "ByteLevel"}}},
          {"added_tokens",
           {{{"id", kBos}, {"content", "<s>"}, {"special", true}},
            {{"id", kEos}, {"content", "</s>"}, {"special", true}}}}};
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string safetensors_bytes(const std::vector<Tensor>& all = tensors()) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const Tensor& tensor : all) {
    const size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
    header[tensor.hf] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string out;
  put<uint64_t>(out, text.size());
  return out + text + data;
}

// The bytes of a GGUF file; *header_bytes, where given, is set to where its data begin.
inline std::string gguf_bytes(size_t* header_bytes = nullptr) {
  enum : uint32_t { kU32 = 4, kI32 = 5, kF32 = 6, kString = 8, kArray = 9 };
  std::string out = "GGUF";
  uint64_t n_keys = 0;
  std::string keys;
  const auto text = [](std::string& to, const std::string& value) {
    put<uint64_t>(to, value.size());
    to += value;
  };
  const auto key = [&](const char* name, uint32_t type) {
    text(keys, name);
    put(keys, type);
    ++n_keys;
  };
  const auto number = [&](const char* name, int64_t value) {
    key(name, kU32);
    put(keys, static_cast<uint32_t>(value));
  };
  const auto string = [&](const char* name, const std::string& value) {
    key(name, kString);
    text(keys, value);
  };
  const auto array = [&](const char* name, uint32_t type, size_t n) {
    key(name, kArray);
    put(keys, type);
    put<uint64_t>(keys, n);
  };
  string("general.architecture", "llama");
  number("llama.block_count", kLayers);
  number("llama.context_length", kContext);
  number("llama.embedding_length", kHidden);
  number("llama.feed_forward_length", kFfn);
  number("llama.attention.head_count", kHeads);
  number("llama.attention.head_count_kv", kKvHeads);
  number("llama.attention.key_length", kHeadDim);
  key("llama.attention.layer_norm_rms_epsilon", kF32);
  put(keys, 1e-5f);
  key("llama.rope.freq_base", kF32);
  put(keys, 10000.0f);
  string("tokenizer.ggml.model", "gpt2");
  string("tokenizer.ggml.pre", "qwen2");
  const auto names = pieces();
  array("tokenizer.ggml.tokens", kString, names.size());
  for (const auto& name : names) text(keys, name);
  array("tokenizer.ggml.token_type", kI32, names.size());
  for (size_t i = 0; i < names.size(); ++i) put<int32_t>(keys, i >= kBos ? 3 : 1);
  array("tokenizer.ggml.merges", kString, 1);
  text(keys, "a b");
  number("tokenizer.ggml.eos_token_id", kEos);
  string("tokenizer.chat_template", kTemplate);

  const auto all = tensors();
  std::string infos, data;
  for (const Tensor& tensor : all) {
    text(infos, tensor.gguf);
    put(infos, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t i = tensor.shape.size(); i-- > 0;) put<uint64_t>(infos, static_cast<uint64_t>(tensor.shape[i]));
    put<uint32_t>(infos, 0);  // F32
    put<uint64_t>(infos, data.size());
    data.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
    data.resize((data.size() + 31) / 32 * 32);
  }
  put<uint32_t>(out, 3);
  put<uint64_t>(out, all.size());
  put(out, n_keys);
  out += keys + infos;
  out.resize((out.size() + 31) / 32 * 32);
  if (header_bytes != nullptr) *header_bytes = out.size();
  return out + data;
}

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Makes the folder anew with config.json, model.safetensors, tokenizer.json and tokenizer_config.json.
inline void write_folder(const std::filesystem::path& folder, const Sizes& sizes = {}) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  write(folder / "config.json", config_json(sizes).dump());
  write(folder / "model.safetensors", safetensors_bytes(tensors(sizes)));
  write(folder / "tokenizer.json", tokenizer_json().dump());
  write(folder / "tokenizer_config.json", nlohmann::ordered_json{{"chat_template", kTemplate}}.dump());
}

// A folder of one test, removed with its owner.
class Folder {
 public:
  explicit Folder(const std::string& name, const Sizes& sizes = {})
      : path_(std::filesystem::temp_directory_path() / ("hanok_" + name + "_" + std::to_string(::getpid()))) {
    write_folder(path_, sizes);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace hanok::tiny
