#include "engine/sampling_defaults.h"

#include <limits>

#include <nlohmann/json.hpp>

#include "base/locale.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Status take(const Json& config, const char* key, T& value) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return {};
  if (!found->is_number()) {
    return fail(ErrorKind::kCorruptFile, in_language("수가 아닙니다", "not a number"),
                std::string("generation_config.json: ") + key, in_language("수", "a number"), found->dump());
  }
  value = found->get<T>();
  return {};
}

}  // namespace

Result<SamplingOptions> sampling_defaults(const Checkpoint& checkpoint) {
  SamplingOptions options;
  const Json& config = checkpoint.generation_config();
  HANOK_RETURN_IF_ERROR(take(config, "temperature", options.temperature));
  HANOK_RETURN_IF_ERROR(take(config, "top_k", options.top_k));
  HANOK_RETURN_IF_ERROR(take(config, "top_p", options.top_p));
  HANOK_RETURN_IF_ERROR(take(config, "min_p", options.min_p));
  HANOK_RETURN_IF_ERROR(take(config, "typical_p", options.typical_p));
  HANOK_RETURN_IF_ERROR(take(config, "repetition_penalty", options.repetition_penalty));
  if (const auto sample = config.find("do_sample"); sample != config.end() && *sample == false) options.temperature = 0;
  if (const Status right = check_sampling(options, std::numeric_limits<int32_t>::max()); !right) {
    Error error = right.error().in("generation_config.json");
    error.kind = ErrorKind::kCorruptFile;
    return fail(std::move(error));
  }
  return options;
}

}  // namespace hanok
