// The first step of a tokenizer: rewrites text before it is cut into pieces.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace hanok {

class Normalizer {
 public:
  using Step = std::function<Status(std::string&)>;

  // From the member "normalizer" of a tokenizer.json; null does nothing.
  static Result<Normalizer> from_json(const nlohmann::json& node);

  void add(Step step) { steps_.push_back(std::move(step)); }
  bool empty() const { return steps_.empty(); }
  // Rewrites valid UTF-8 in place. Errors: a step that cannot, a text that grows beyond most_bytes_for its length.
  Status apply(std::string& text) const;
  // How long a text of `n_bytes` may grow on its way through the steps.
  static size_t most_bytes_for(size_t n_bytes) { return 64 * n_bytes + (size_t{1} << 20); }

 private:
  std::vector<Step> steps_;
};

}  // namespace hanok
