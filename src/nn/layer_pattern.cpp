#include "nn/layer_pattern.h"

#include <nlohmann/json.hpp>

namespace hanok {
namespace {

std::vector<bool> periodic(int64_t n_layers, int64_t period) {
  std::vector<bool> sliding;
  for (int64_t i = 0; i < n_layers; ++i) sliding.push_back((i + 1) % period != 0);
  return sliding;
}

Result<std::vector<bool>> from_layer_types(const nlohmann::ordered_json& types, int64_t n_layers) {
  const auto wrong = [](std::string expected, std::string got) {
    return fail(ErrorKind::kUnsupported, "unsupported configuration value", "layer_types", std::move(expected),
                std::move(got));
  };
  if (!types.is_array() || types.size() != static_cast<size_t>(n_layers))
    return wrong(std::to_string(n_layers) + " layers", types.is_array() ? std::to_string(types.size()) : "no list");
  std::vector<bool> sliding;
  for (const auto& type : types) {
    const std::string name = type.is_string() ? type.get<std::string>() : type.dump();
    if (name != "sliding_attention" && name != "full_attention")
      return wrong("sliding_attention or full_attention", name);
    sliding.push_back(name == "sliding_attention");
  }
  return sliding;
}

Result<std::vector<bool>> from_letters(const std::string& letters, int64_t n_layers) {
  if (letters.empty() || letters.find_first_not_of("LG") != std::string::npos) {
    return fail(ErrorKind::kUnsupported, "unsupported configuration value", "sliding_window_pattern", "letters L and G",
                letters);
  }
  std::vector<bool> sliding;
  for (int64_t i = 0; i < n_layers; ++i) sliding.push_back(letters[static_cast<size_t>(i) % letters.size()] == 'L');
  return sliding;
}

Result<std::vector<bool>> read_pattern(ConfigReader& config, int64_t n_layers, int64_t usual_period) {
  const auto* letters = config.json("sliding_window_pattern");
  const auto* types = config.json("layer_types");
  if (types != nullptr) return from_layer_types(*types, n_layers);
  if (letters != nullptr && letters->is_string()) return from_letters(letters->get<std::string>(), n_layers);
  if (const GgufValue* value = config.gguf_value("attention.sliding_window_pattern")) {
    if (const auto* flags = std::get_if<std::vector<bool>>(&value->value)) {
      if (flags->size() >= static_cast<size_t>(n_layers))
        return std::vector<bool>(flags->begin(), flags->begin() + n_layers);
      return fail(ErrorKind::kCorruptFile, "too few flags", "attention.sliding_window_pattern",
                  std::to_string(n_layers), std::to_string(flags->size()));
    }
  }
  HANOK_TRY(const int64_t period,
            config.dimension_or({"sliding_window_pattern", "attention.sliding_window_pattern"}, usual_period));
  return periodic(n_layers, period);
}

}  // namespace

Result<std::vector<bool>> read_layer_pattern(ConfigReader& config, int64_t n_layers, int64_t usual_period) {
  HANOK_TRY(std::vector<bool> sliding, read_pattern(config, n_layers, usual_period));
  config.tell("attention.sliding_window_pattern", {GgufType::kBool, sliding});
  return sliding;
}

}  // namespace hanok
