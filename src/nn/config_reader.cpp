#include "nn/config_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hanok {
namespace {

// Keys of config.json that say nothing about the forward pass at inference.
constexpr std::string_view kHarmless[] = {"architectures",
                                          "attention_dropout",
                                          "attention_probs_dropout_prob",
                                          "attn_pdrop",
                                          "auto_map",
                                          "bos_token_id",
                                          "classifier_dropout",
                                          "decoder_start_token_id",
                                          "dtype",
                                          "embd_pdrop",
                                          "embed_dropout",
                                          "end_token_id",
                                          "eos_token_id",
                                          "gradient_checkpointing",
                                          "hidden_dropout",
                                          "hidden_dropout_prob",
                                          "id2label",
                                          "initializer_range",
                                          "is_decoder",
                                          "label2id",
                                          "mask_token_id",
                                          "model_type",
                                          "name_or_path",
                                          "_name_or_path",
                                          "output_attentions",
                                          "output_hidden_states",
                                          "pad_token_id",
                                          "pretraining_tp",
                                          "problem_type",
                                          "resid_dropout",
                                          "resid_pdrop",
                                          "return_dict",
                                          "sep_token_id",
                                          "summary_activation",
                                          "summary_first_dropout",
                                          "summary_proj_to_labels",
                                          "summary_type",
                                          "summary_use_proj",
                                          "task_specific_params",
                                          "tokenizer_class",
                                          "torch_dtype",
                                          "transformers_version",
                                          "_model_name_or_path",
                                          "unk_token_id",
                                          "use_cache",
                                          "_attn_implementation",
                                          "_attn_implementation_autoset",
                                          "bad_words_ids",
                                          "gradient_checkpointing_ratio"};

// Keys of config.json whose usual value says that there is nothing of the kind.
constexpr std::string_view kHarmlessWhenOff[] = {"add_cross_attention", "chunk_size_feed_forward", "is_encoder_decoder",
                                                 "rope_interleaved", "tie_encoder_decoder"};

// Keys of a GGUF file, below the architecture's prefix, that change nothing or that a tensor's shape would contradict.
constexpr std::string_view kHarmlessGguf[] = {"attention.head_count_kv", "attention.key_length",
                                              "attention.value_length",  "rope.scaling.finetuned",
                                              "tensor_data_layout",      "vocab_size"};

// A GGUF file that says nothing of these means true.
constexpr std::string_view kTrueUnlessSaid[] = {"attention.causal"};

// The file that holds the key, and the key.
std::string place_of(const std::string& name, const Checkpoint& checkpoint) {
  const auto file = checkpoint.is_gguf() ? checkpoint.path() : checkpoint.path() / "config.json";
  return file.string() + ": " + name;
}

Error missing(const std::string& name, const Checkpoint& checkpoint) {
  return Error{
      ErrorKind::kCorruptFile, "missing configuration key", place_of(name, checkpoint), "a value", "nothing", ""};
}

Error unknown_key(const std::string& name, std::string value, const Checkpoint& checkpoint) {
  return Error{ErrorKind::kUnsupported,    "unknown configuration key",
               place_of(name, checkpoint), "a key this family knows",
               std::move(value),           "the model may need a newer version of hanok"};
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_off(const nlohmann::ordered_json& value) {
  return value.is_null() || (value.is_boolean() && !value.get<bool>()) || (value.is_number() && value == 0);
}

bool is_off(const GgufValue& value) {
  if (const auto* b = std::get_if<bool>(&value.value)) return !*b;
  if (const auto* u = std::get_if<uint64_t>(&value.value)) return *u == 0;
  if (const auto* i = std::get_if<int64_t>(&value.value)) return *i == 0;
  if (const auto* f = std::get_if<double>(&value.value)) return *f == 0;
  return false;
}

std::string show(const GgufValue& value) {
  if (const auto* b = std::get_if<bool>(&value.value)) return *b ? "true" : "false";
  if (const auto* u = std::get_if<uint64_t>(&value.value)) return fmt::format("{}", *u);
  if (const auto* i = std::get_if<int64_t>(&value.value)) return fmt::format("{}", *i);
  if (const auto* f = std::get_if<double>(&value.value)) return fmt::format("{}", *f);
  if (const auto* s = std::get_if<std::string>(&value.value)) return s->substr(0, 80);
  return "a list";
}

std::string show(const nlohmann::ordered_json& value) {
  std::string text = value.dump();
  return text.size() > 80 ? text.substr(0, 77) + "..." : text;
}

}  // namespace

ConfigReader::ConfigReader(const Checkpoint& checkpoint, LoadRecord* record)
    : checkpoint_(checkpoint), record_(record) {
  if (is_gguf()) {
    architecture_ = checkpoint.gguf().get_string("general.architecture").value_or("");
  } else if (const auto* type = find_json("model_type"); type != nullptr && type->is_string()) {
    architecture_ = type->get<std::string>();
  }
}

std::string ConfigReader::name_of(ConfigKey key) const {
  return is_gguf() ? fmt::format("{}.{}", architecture_, key.gguf) : std::string(key.hf);
}

const nlohmann::ordered_json* ConfigReader::find_json(std::string_view hf_key) {
  if (is_gguf() || hf_key.empty()) return nullptr;
  used_.insert(std::string(hf_key.substr(0, hf_key.find('.'))));
  const nlohmann::ordered_json* node = &checkpoint_.config();
  while (!hf_key.empty()) {
    const size_t dot = hf_key.find('.');
    if (!node->is_object()) return nullptr;
    const auto it = node->find(std::string(hf_key.substr(0, dot)));
    if (it == node->end() || it->is_null()) return nullptr;
    node = &*it;
    hf_key = dot == std::string_view::npos ? std::string_view{} : hf_key.substr(dot + 1);
  }
  return node;
}

const GgufValue* ConfigReader::find_gguf(std::string_view gguf_key) {
  if (!is_gguf() || gguf_key.empty()) return nullptr;
  used_.emplace(gguf_key);
  return checkpoint_.gguf().find(fmt::format("{}.{}", architecture_, gguf_key));
}

const nlohmann::ordered_json* ConfigReader::json(std::string_view hf_key) {
  return find_json(hf_key);
}

void ConfigReader::tell(std::string_view gguf_key, GgufValue value) {
  if (record_ != nullptr && !gguf_key.empty()) record_->keys.insert_or_assign(std::string(gguf_key), std::move(value));
}

bool ConfigReader::has(ConfigKey key) {
  return is_gguf() ? find_gguf(key.gguf) != nullptr : find_json(key.hf) != nullptr;
}

Result<double> ConfigReader::read_number(ConfigKey key, bool& found) {
  const auto wrong = [&](std::string got) {
    return fail(ErrorKind::kCorruptFile, "wrong type of configuration key", place_of(name_of(key), checkpoint_),
                "a number", std::move(got));
  };
  found = false;
  if (is_gguf()) {
    const GgufValue* value = find_gguf(key.gguf);
    if (value == nullptr) return 0.0;
    found = true;
    if (const auto* u = std::get_if<uint64_t>(&value->value)) return static_cast<double>(*u);
    if (const auto* i = std::get_if<int64_t>(&value->value)) return static_cast<double>(*i);
    if (const auto* f = std::get_if<double>(&value->value)) return *f;
    return wrong(show(*value));
  }
  const auto* value = find_json(key.hf);
  if (value == nullptr) return 0.0;
  found = true;
  if (!value->is_number()) return wrong(show(*value));
  return value->get<double>();
}

Result<double> ConfigReader::finite_or(ConfigKey key, double otherwise) {
  bool found = false;
  HANOK_TRY(const double value, read_number(key, found));
  if (!found) return otherwise;
  if (!(std::abs(value) <= std::numeric_limits<float>::max()))
    return fail(ErrorKind::kCorruptFile, "wrong value of configuration key", place_of(name_of(key), checkpoint_),
                "a finite number", fmt::format("{}", value));
  return value;
}

Result<double> ConfigReader::number_or(ConfigKey key, double otherwise) {
  HANOK_TRY(const double value, finite_or(key, otherwise));
  tell(key.gguf, gguf_f32(static_cast<float>(value)));
  return value;
}

Result<float> ConfigReader::epsilon_or(ConfigKey key, double otherwise) {
  HANOK_TRY(const double value, number_or(key, otherwise));
  if (value >= 0) return static_cast<float>(value);
  return fail(ErrorKind::kCorruptFile, "wrong value of configuration key", place_of(name_of(key), checkpoint_),
              "0 or more", fmt::format("{}", value));
}

Result<double> ConfigReader::number(ConfigKey key) {
  if (!has(key)) return fail(missing(name_of(key), checkpoint_));
  return number_or(key, 0);
}

Result<int64_t> ConfigReader::whole_or(ConfigKey key, int64_t otherwise) {
  bool found = false;
  HANOK_TRY(const double value, read_number(key, found));
  if (!found) return otherwise;
  if (std::nearbyint(value) != value || std::abs(value) > 9e15) {
    return fail(ErrorKind::kCorruptFile, "wrong value of configuration key", place_of(name_of(key), checkpoint_),
                "an integer", fmt::format("{}", value));
  }
  return static_cast<int64_t>(value);
}

Result<int64_t> ConfigReader::integer_or(ConfigKey key, int64_t otherwise) {
  HANOK_TRY(const int64_t value, whole_or(key, otherwise));
  const bool fits = value >= 0 && value <= UINT32_MAX;
  tell(key.gguf, fits ? gguf_u32(static_cast<uint32_t>(value)) : GgufValue{GgufType::kI64, value});
  return value;
}

Result<int64_t> ConfigReader::dimension_or(ConfigKey key, int64_t otherwise) {
  HANOK_TRY(const int64_t value, integer_or(key, otherwise));
  if (value < 1 || value > (int64_t{1} << 24)) {
    return fail(ErrorKind::kCorruptFile, "size out of range", place_of(name_of(key), checkpoint_), "1 to 16777216",
                fmt::format("{}", value));
  }
  return value;
}

Result<int64_t> ConfigReader::dimension(ConfigKey key) {
  if (!has(key)) return fail(missing(name_of(key), checkpoint_));
  return dimension_or(key, 0);
}

Result<bool> ConfigReader::flag_or(ConfigKey key, bool otherwise) {
  if (is_gguf()) {
    const GgufValue* value = find_gguf(key.gguf);
    if (value == nullptr) return otherwise;
    if (const auto* b = std::get_if<bool>(&value->value)) return *b;
  } else {
    const auto* value = find_json(key.hf);
    if (value == nullptr || value->is_boolean()) {
      const bool flag = value == nullptr ? otherwise : value->get<bool>();
      tell(key.gguf, gguf_bool(flag));
      return flag;
    }
  }
  return fail(ErrorKind::kCorruptFile, "wrong type of configuration key", place_of(name_of(key), checkpoint_),
              "true or false", "another type");
}

Result<std::string> ConfigReader::text_or(ConfigKey key, std::string otherwise) {
  if (is_gguf()) {
    const GgufValue* value = find_gguf(key.gguf);
    if (value == nullptr) return otherwise;
    if (const auto* s = std::get_if<std::string>(&value->value)) return *s;
  } else {
    const auto* value = find_json(key.hf);
    if (value == nullptr || value->is_string()) {
      std::string text = value == nullptr ? std::move(otherwise) : value->get<std::string>();
      tell(key.gguf, gguf_string(text));
      return text;
    }
  }
  return fail(ErrorKind::kCorruptFile, "wrong type of configuration key", place_of(name_of(key), checkpoint_), "a text",
              "another type");
}

Status ConfigReader::expect_text(std::string_view hf_key, std::initializer_list<std::string_view> allowed) {
  const auto* value = find_json(hf_key);
  if (value == nullptr) return {};
  if (value->is_string() &&
      std::find(allowed.begin(), allowed.end(), value->get_ref<const std::string&>()) != allowed.end())
    return {};
  return fail(ErrorKind::kUnsupported, "unsupported configuration value", place_of(std::string(hf_key), checkpoint_),
              fmt::format("{}", fmt::join(allowed, " or ")), show(*value));
}

Status ConfigReader::expect_false(std::string_view hf_key) {
  const auto* value = find_json(hf_key);
  if (value == nullptr || (value->is_boolean() && !value->get<bool>())) return {};
  return fail(ErrorKind::kUnsupported, "unsupported configuration value", place_of(std::string(hf_key), checkpoint_),
              "false", show(*value));
}

void ConfigReader::ignore(std::initializer_list<std::string_view> hf_keys) {
  for (std::string_view key : hf_keys) used_.emplace(key);
}

Status ConfigReader::finish_gguf() const {
  const std::string prefix = architecture_ + ".";
  for (const auto& [key, value] : checkpoint_.gguf().metadata()) {
    if (!key.starts_with(prefix)) continue;
    const std::string_view name = std::string_view(key).substr(prefix.size());
    const bool usual = contains(kTrueUnlessSaid, name) != is_off(value);
    if (usual || contains(kHarmlessGguf, name) || used_.contains(name)) continue;
    return fail(unknown_key(key, show(value), checkpoint_));
  }
  return {};
}

Status ConfigReader::finish() const {
  if (is_gguf()) return finish_gguf();
  for (const auto& [key, value] : checkpoint_.config().items()) {
    const bool harmless = contains(kHarmless, key) || (contains(kHarmlessWhenOff, key) && is_off(value));
    if (harmless || used_.contains(key) || value.is_null()) continue;
    return fail(unknown_key(key, show(value), checkpoint_));
  }
  return {};
}

}  // namespace hanok
