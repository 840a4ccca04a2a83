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
  // Rewrites valid UTF-8 in place.
  Status apply(std::string& text) const;

 private:
  std::vector<Step> steps_;
};

}  // namespace hanok
