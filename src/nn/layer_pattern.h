// Which layers of a model see only a window of the past.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "nn/config_reader.h"

namespace hanok {

// One flag per layer: true where attention slides. Read from layer_types, from sliding_window_pattern (a period whose
// last layer is global, a text such as "LLLG", or GGUF's flags), else a global layer after every usual_period - 1;
// a period of 1 means that no layer slides.
Result<std::vector<bool>> read_layer_pattern(ConfigReader& config, int64_t n_layers, int64_t usual_period);

}  // namespace hanok
