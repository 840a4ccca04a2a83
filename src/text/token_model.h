// The third step of a tokenizer: turns one piece of text into token ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // Appends the ids of one piece. Errors: a part that no token stands for, where the model has none for that.
  virtual Status encode(std::string_view piece, std::vector<int32_t>& ids) const = 0;
};

}  // namespace hanok
