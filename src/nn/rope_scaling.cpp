#include "nn/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hanok {
namespace {

using Kind = RopeScaling::Kind;

float llama3_frequency(const RopeScaling& s, double frequency) {
  const double wavelength = 2 * std::numbers::pi / frequency;
  if (wavelength < s.original_context / s.high_freq_factor) return static_cast<float>(frequency);
  if (wavelength > s.original_context / s.low_freq_factor) return static_cast<float>(frequency / s.factor);
  const double smooth =
      (s.original_context / wavelength - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
  return static_cast<float>((1 - smooth) * frequency / s.factor + smooth * frequency);
}

// Peng et al. 2023, equation 22.
double usual_attention_factor(const RopeScaling& s) {
  return s.factor > 1 ? 0.1 * std::log(s.factor) + 1 : 1;
}

void apply_yarn(const RopeScaling& s, int64_t n_rot, RopeTable& table) {
  const auto dimension_of = [&](double n_rotations) {
    return static_cast<double>(n_rot) * std::log(s.original_context / (n_rotations * 2 * std::numbers::pi)) /
           (2 * std::log(s.theta));
  };
  double low = dimension_of(s.beta_fast), high = dimension_of(s.beta_slow);
  if (s.truncate) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(n_rot - 1));
  if (low == high) high += 0.001;
  for (size_t i = 0; i < table.inv_freq.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    const double frequency = table.inv_freq[i];
    table.inv_freq[i] = static_cast<float>(frequency / s.factor * ramp + frequency * (1 - ramp));
  }
  table.cos_sin_scale = static_cast<float>(s.attention_factor > 0 ? s.attention_factor : usual_attention_factor(s));
}

// The object with the scaling's parameters, and whether theta lies in it (transformers 5) or beside it (transformers
// 4).
Result<RopeScaling> from_json(ConfigReader& config, std::string_view json_key) {
  RopeScaling s;
  HANOK_TRY(s.theta, config.number_or({"rope_theta", ""}, s.theta));
  const auto* object = config.json(json_key.empty() ? "rope_parameters" : json_key);
  if (object == nullptr && json_key.empty()) object = config.json("rope_scaling");
  if (object == nullptr) return s;
  const auto wrong = [](std::string what, std::string expected, std::string got) {
    return fail(ErrorKind::kUnsupported, "unsupported rope scaling", std::move(what), std::move(expected),
                std::move(got));
  };
  if (!object->is_object()) return wrong("rope_scaling", "an object", object->dump());
  std::string kind = "default";
  for (const auto& [key, value] : object->items()) {
    if (value.is_null()) continue;
    if (key == "rope_type" || key == "type") {
      if (!value.is_string()) return wrong("rope_scaling." + key, "a text", value.dump());
      kind = value.get<std::string>();
      continue;
    }
    if (key == "truncate" && value.is_boolean()) {
      s.truncate = value.get<bool>();
      continue;
    }
    if (!value.is_number()) return wrong("rope_scaling." + key, "a number", value.dump());
    const double number = value.get<double>();
    if (!(std::abs(number) <= std::numeric_limits<float>::max()))
      return wrong("rope_scaling." + key, "a finite number", value.dump());
    if (key == "rope_theta")
      s.theta = number;
    else if (key == "factor")
      s.factor = number;
    else if (key == "low_freq_factor")
      s.low_freq_factor = number;
    else if (key == "high_freq_factor")
      s.high_freq_factor = number;
    else if (key == "original_max_position_embeddings")
      s.original_context = number;
    else if (key == "beta_fast")
      s.beta_fast = number;
    else if (key == "beta_slow")
      s.beta_slow = number;
    else if (key == "attention_factor") {
      if (number <= 0) return wrong("rope_scaling." + key, "more than 0", value.dump());
      s.attention_factor = number;
    } else if (key == "partial_rotary_factor")
      s.partial_rotary_factor = number;
    else
      return wrong("rope_scaling." + key, "a known parameter", value.dump());
  }
  if (kind == "default" || kind == "none")
    s.kind = Kind::kNone;
  else if (kind == "linear")
    s.kind = Kind::kLinear;
  else if (kind == "llama3")
    s.kind = Kind::kLlama3;
  else if (kind == "yarn")
    s.kind = Kind::kYarn;
  else
    return wrong("rope_scaling.rope_type", "default, linear, llama3 or yarn", kind);
  if (s.kind != Kind::kYarn) s.attention_factor = 0;  // the reference has it for YaRN alone
  const auto lacks = [&](const char* key) { return !object->contains(key) || (*object)[key].is_null(); };
  if (s.kind == Kind::kYarn && lacks("original_max_position_embeddings")) {
    HANOK_TRY(s.original_context, config.number({"max_position_embeddings", ""}));
  }
  for (const char* key : {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}) {
    const bool needed = s.kind == Kind::kLlama3 || (s.kind != Kind::kNone && std::string_view(key) == "factor");
    if (needed && lacks(key)) return wrong("rope_scaling." + std::string(key), "a number for " + kind, "nothing");
  }
  return s;
}

// Refuses a GGUF key that is there with another value than the one that changes nothing.
Status expect_number(ConfigReader& config, std::string_view gguf_key, double expected) {
  HANOK_TRY(const double value, config.number_or({"", gguf_key}, expected));
  if (value == expected) return {};
  return fail(ErrorKind::kUnsupported, "unsupported configuration value", std::string(gguf_key),
              fmt::format("{}", expected), fmt::format("{}", value));
}

Result<RopeScaling> from_gguf(ConfigReader& config) {
  RopeScaling s;
  HANOK_RETURN_IF_ERROR(expect_number(config, "rope.scale_linear", 1));  // older files' name of a linear factor
  HANOK_TRY(s.theta, config.number_or({"", "rope.freq_base"}, s.theta));
  HANOK_TRY(const std::string kind, config.text_or({"", "rope.scaling.type"}, "none"));
  HANOK_TRY(s.factor, config.number_or({"", "rope.scaling.factor"}, 1));
  HANOK_TRY(s.original_context, config.number_or({"", "rope.scaling.original_context_length"}, s.original_context));
  HANOK_TRY(s.beta_fast, config.number_or({"", "rope.scaling.yarn_beta_fast"}, s.beta_fast));
  HANOK_TRY(s.beta_slow, config.number_or({"", "rope.scaling.yarn_beta_slow"}, s.beta_slow));
  HANOK_TRY(const double times_usual, config.number_or({"", "rope.scaling.attn_factor"}, 1));
  if (times_usual <= 0)
    return fail(ErrorKind::kCorruptFile, "rope parameters out of range", "rope.scaling.attn_factor", "more than 0",
                fmt::format("{}", times_usual));
  s.attention_factor = times_usual * (kind == "yarn" ? usual_attention_factor(s) : 1);
  if (kind == "linear")
    s.kind = Kind::kLinear;
  else if (kind == "yarn")
    s.kind = Kind::kYarn;
  else if (kind != "none")
    return fail(ErrorKind::kUnsupported, "unsupported rope scaling", "rope.scaling.type", "none, linear or yarn", kind);
  return s;
}

Status check(const RopeScaling& s) {
  const bool valid = s.theta > 0 && s.factor > 0 && s.original_context > 0 && s.high_freq_factor > s.low_freq_factor &&
                     s.low_freq_factor > 0 && s.beta_fast > 0 && s.beta_slow > 0 &&
                     (s.kind != Kind::kYarn || s.theta > 1);
  if (valid) return {};
  return fail(ErrorKind::kCorruptFile, "rope parameters out of range", "rope_scaling",
              "positive numbers, low_freq_factor < high_freq_factor, YaRN's rope_theta > 1", "others");
}

// Divisors of the plain frequencies: what GGUF files hold for a scaling that has no keys.
void tell_divisors(const RopeScaling& s, const RopeTable& table, ConfigReader& config, WeightLoader& weights) {
  const RopeTable plain = make_rope_table({.theta = s.theta}, table.n_rot, table.style);
  std::vector<float> divisors;
  for (size_t i = 0; i < table.inv_freq.size(); ++i) divisors.push_back(plain.inv_freq[i] / table.inv_freq[i]);
  weights.only_in_gguf("rope_freqs.weight", std::move(divisors));
  if (table.cos_sin_scale != 1) config.tell("rope.scaling.attn_factor", gguf_f32(table.cos_sin_scale));
}

// llama.cpp takes YaRN's factor and context from the keys, and its betas as they usually are.
void tell_gguf(const RopeScaling& s, const RopeTable& table, ConfigReader& config, WeightLoader& weights) {
  config.tell("rope.freq_base", gguf_f32(static_cast<float>(s.theta)));
  const bool usual_yarn = s.kind == Kind::kYarn && s.beta_fast == 32 && s.beta_slow == 1 && s.truncate;
  if (s.kind == Kind::kLlama3 || (s.kind == Kind::kYarn && !usual_yarn))
    return tell_divisors(s, table, config, weights);
  if (s.kind == Kind::kNone) return;
  config.tell("rope.scaling.type", gguf_string(usual_yarn ? "yarn" : "linear"));
  config.tell("rope.scaling.factor", gguf_f32(static_cast<float>(s.factor)));
  if (!usual_yarn) return;
  config.tell("rope.scaling.original_context_length", gguf_u32(static_cast<uint32_t>(s.original_context)));
  if (s.attention_factor > 0) {
    const double times_usual = s.attention_factor / usual_attention_factor(s);
    config.tell("rope.scaling.attn_factor", gguf_f32(static_cast<float>(times_usual)));
  }
}

}  // namespace

RopeTable make_rope_table(const RopeScaling& s, int64_t n_rot, RopeStyle style) {
  RopeTable table{style, n_rot, std::vector<float>(static_cast<size_t>(n_rot / 2)), 1.0f};
  for (size_t i = 0; i < table.inv_freq.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(n_rot);
    const float frequency = 1.0f / std::pow(static_cast<float>(s.theta), exponent);
    table.inv_freq[i] = s.kind == Kind::kLinear   ? frequency / static_cast<float>(s.factor)
                        : s.kind == Kind::kLlama3 ? llama3_frequency(s, frequency)
                                                  : frequency;
  }
  if (s.kind == Kind::kYarn) apply_yarn(s, n_rot, table);
  if (s.kind != Kind::kYarn && s.attention_factor > 0) table.cos_sin_scale = static_cast<float>(s.attention_factor);
  return table;
}

Result<RopeScaling> read_rope_scaling(ConfigReader& config, std::string_view json_key) {
  HANOK_TRY(const RopeScaling scaling, config.is_gguf() ? from_gguf(config) : from_json(config, json_key));
  HANOK_RETURN_IF_ERROR(check(scaling));
  return scaling;
}

Result<RopeTable> checked_rope_table(const RopeScaling& scaling, const RopeShape& shape) {
  const auto wrong = [](const char* where, std::string expected, std::string got) {
    return fail(ErrorKind::kUnsupported, "unsupported number of rotated dimensions", where, std::move(expected),
                std::move(got));
  };
  if (shape.n_rot < 2 || shape.n_rot % 2 != 0 || shape.n_rot > shape.head_dim)
    return wrong("rope.dimension_count", fmt::format("an even number, at most the head's {}", shape.head_dim),
                 fmt::format("{}", shape.n_rot));
  const double share = scaling.partial_rotary_factor;
  if (share != 0 && std::round(share * static_cast<double>(shape.head_dim)) != static_cast<double>(shape.n_rot))
    return wrong("partial_rotary_factor", fmt::format("{} of {} dimensions", shape.n_rot, shape.head_dim),
                 fmt::format("{}", share));
  RopeTable table = make_rope_table(scaling, shape.n_rot, shape.style);
  const auto is_finite = [](float x) { return std::isfinite(x); };
  constexpr float kLargestScale = 1e4f;  // its square scales the scores
  if (table.cos_sin_scale < kLargestScale && std::all_of(table.inv_freq.begin(), table.inv_freq.end(), is_finite))
    return table;
  return fail(ErrorKind::kCorruptFile, "rope parameters out of range", "rope_scaling, rope_theta",
              "finite frequencies and a scale of less than 10000", "others");
}

Result<RopeTable> read_rope(ConfigReader& config, WeightLoader& weights, const RopeShape& shape,
                            std::string_view json_key) {
  HANOK_TRY(const RopeScaling scaling, read_rope_scaling(config, json_key));
  if (config.is_gguf())
    HANOK_RETURN_IF_ERROR(expect_number(config, "rope.dimension_count", static_cast<double>(shape.n_rot)));
  HANOK_TRY(RopeTable table, checked_rope_table(scaling, shape));
  tell_gguf(scaling, table, config, weights);
  constexpr TensorName kDivisors{"", "rope_freqs"};
  if (config.is_gguf() && weights.has(kDivisors)) {
    HANOK_TRY(const std::vector<float> divisors, weights.vector(kDivisors, -1, shape.n_rot / 2));
    for (size_t i = 0; i < divisors.size(); ++i) {
      table.inv_freq[i] /= divisors[i];
      if (divisors[i] <= 0 || !std::isfinite(table.inv_freq[i]))
        return fail(ErrorKind::kCorruptFile, "a divisor is out of range", "rope_freqs.weight",
                    "more than 0, and a finite frequency", fmt::format("{}", divisors[i]));
    }
  }
  return table;
}

}  // namespace hanok
