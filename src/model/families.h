// The load functions of all families; each lives in a file of its own.
#pragma once

#include "model/model.h"
#include "nn/config_reader.h"
#include "nn/weight_loader.h"

namespace hanok {

Result<std::unique_ptr<Model>> load_llama(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_qwen2(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_qwen3(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_kormo(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_exaone(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_exaone4(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_hyperclovax(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_gemma3(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_gpt_neox(ConfigReader& config, WeightLoader& weights);
Result<std::unique_ptr<Model>> load_gptj(ConfigReader& config, WeightLoader& weights);

}  // namespace hanok
