// Reads a model's configuration from config.json or from GGUF keys under one set of calls, and knows which keys were
// used.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "formats/checkpoint.h"
#include "nn/load_record.h"

namespace hanok {

// A key of config.json (dots reach into objects) and its GGUF counterpart below the architecture's prefix
// ("attention.head_count"). Empty: that format has no such key, the default applies.
struct ConfigKey {
  std::string_view hf;
  std::string_view gguf;
};

// Values that are null count as absent. Every getter names the key, what it expected and what it got.
class ConfigReader {
 public:
  // With a record, what the getters return is written down under the GGUF names.
  explicit ConfigReader(const Checkpoint& checkpoint, LoadRecord* record = nullptr);

  bool is_gguf() const { return checkpoint_.is_gguf(); }
  // config.json's model_type or GGUF's general.architecture; empty when absent.
  const std::string& architecture() const { return architecture_; }

  bool has(ConfigKey key);
  Result<int64_t> dimension(ConfigKey key);  // 1 .. 2^24
  Result<int64_t> dimension_or(ConfigKey key, int64_t otherwise);
  Result<int64_t> integer_or(ConfigKey key, int64_t otherwise);
  Result<double> number(ConfigKey key);
  Result<double> number_or(ConfigKey key, double otherwise);
  // A norm's: not negative.
  Result<float> epsilon_or(ConfigKey key, double otherwise);
  Result<bool> flag_or(ConfigKey key, bool otherwise);
  Result<std::string> text_or(ConfigKey key, std::string otherwise);
  // The JSON value itself, or null; GGUF files have none. Marks the key as used.
  const nlohmann::ordered_json* json(std::string_view hf_key);

  // The GGUF value below the architecture's prefix, or null. Marks the key as used.
  const GgufValue* gguf_value(std::string_view gguf_key) { return find_gguf(gguf_key); }

  bool is_recorded() const { return record_ != nullptr; }
  // What GGUF says with a key that config.json lacks; without a record nothing happens.
  void tell(std::string_view gguf_key, GgufValue value);

  // Rejects a config.json whose `key` is present and is not one of `allowed`.
  Status expect_text(std::string_view hf_key, std::initializer_list<std::string_view> allowed);
  // Rejects a key that is present and true.
  Status expect_false(std::string_view hf_key);
  // Keys that a family knows not to change the result.
  void ignore(std::initializer_list<std::string_view> hf_keys);
  // An error that names the first key of config.json, or below the architecture's prefix in a GGUF file, that nobody
  // asked for and that is not known to be harmless. GGUF keys that are zero or false are off.
  Status finish() const;

 private:
  const nlohmann::ordered_json* find_json(std::string_view hf_key);
  const GgufValue* find_gguf(std::string_view gguf_key);
  Status finish_gguf() const;
  std::string name_of(ConfigKey key) const;
  Result<double> read_number(ConfigKey key, bool& found);
  Result<double> finite_or(ConfigKey key, double otherwise);
  Result<int64_t> whole_or(ConfigKey key, int64_t otherwise);

  const Checkpoint& checkpoint_;
  LoadRecord* record_;
  std::string architecture_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace hanok
