// One opened model: a GGUF file, or a folder of safetensors with its configuration.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "formats/gguf.h"
#include "formats/safetensors.h"

namespace hanok {

class Checkpoint {
 public:
  // A *.gguf file (any part of a split one), a folder with config.json and *.safetensors (all shards that
  // model.safetensors.index.json names), or a folder that holds one GGUF model.
  static Result<Checkpoint> open(const std::filesystem::path& path);

  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;
  ~Checkpoint();

  bool is_gguf() const { return gguf_.has_value(); }
  const GgufFile& gguf() const { return *gguf_; }           // only if is_gguf()
  const nlohmann::ordered_json& config() const;             // config.json; an empty object for GGUF
  const nlohmann::ordered_json& generation_config() const;  // generation_config.json; an empty object when absent
  const std::filesystem::path& path() const { return path_; }

  const TensorView* find(std::string_view name) const;  // null when absent; names as in the file
  std::vector<std::string> names() const;               // sorted
  uint64_t weights_bytes() const;
  std::vector<const MappedFile*> weight_files() const;  // every file that holds tensors
  // Lets the mapped pages of (a part of) a tensor go; they are read again from the file when touched.
  void release(std::span<const std::byte> bytes) const;
  // Forgets a GGUF file's vocabulary, scores and merges, which nothing needs once the tokenizer is made.
  void forget_tokenizer() {
    if (gguf_) gguf_->forget_arrays("tokenizer.");
  }

 private:
  struct Documents;  // the JSON files
  Checkpoint();
  Status open_folder();
  Status add_tensor(const std::string& name, const TensorView& view);

  std::filesystem::path path_;
  std::optional<GgufFile> gguf_;
  std::vector<SafetensorsFile> shards_;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::unique_ptr<Documents> documents_;
};

}  // namespace hanok
