// Rotary frequencies from a configuration: plain, linear, llama3 and YaRN scaling.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "nn/config_reader.h"
#include "nn/weight_loader.h"
#include "ops/rope.h"

namespace hanok {

struct RopeScaling {
  enum class Kind { kNone, kLinear, kLlama3, kYarn } kind = Kind::kNone;
  double theta = 10000;
  double factor = 1;
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  double original_context = 8192;                    // llama3, YaRN
  double beta_fast = 32, beta_slow = 1;              // YaRN
  double attention_factor = 0;                       // scale of cos and sin; 0 = YaRN: 0.1 ln(factor) + 1, others: 1
  bool truncate = true;                              // YaRN: whole-numbered correction range
  double partial_rotary_factor = 0;                  // share of head_dim that is rotated; 0: not said
};

// Which of a head's dimensions are rotated, and which of them are pairs.
struct RopeShape {
  RopeStyle style;
  int64_t head_dim;
  int64_t n_rot = head_dim;
};

// inv_freq of n_rot rotated dimensions. Formulas: Llama 3.1 reference (llama3), Peng et al. 2023 section 3.4 (YaRN).
RopeTable make_rope_table(const RopeScaling& scaling, int64_t n_rot, RopeStyle style);

// Reads rope_theta with rope_scaling (or rope_parameters) of config.json, or rope.* of GGUF. `json_key` names another
// object of config.json to read.
Result<RopeScaling> read_rope_scaling(ConfigReader& config, std::string_view json_key = {});

// The table of a scaling. Refuses rotated dimensions that are odd, more than the head has, or others than the scaling
// says, and frequencies that are no numbers.
Result<RopeTable> checked_rope_table(const RopeScaling& scaling, const RopeShape& shape);

// The table of the scaling that the model says. A GGUF file's tensor rope_freqs.weight holds per-frequency divisors.
Result<RopeTable> read_rope(ConfigReader& config, WeightLoader& weights, const RopeShape& shape,
                            std::string_view json_key = {});

}  // namespace hanok
