// Reads the wire format of protocol buffers, field by field, within bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace hanok {

class ProtobufReader {
 public:
  struct Field {
    uint32_t number = 0;
    uint64_t value = 0;      // of varints and fixed numbers
    std::string_view bytes;  // of texts and messages; lies in the reader's input
    bool is_bytes = false;
    float as_float() const;  // of a fixed 32-bit number
  };

  // `where` names the message in errors.
  ProtobufReader(std::string_view message, std::string_view where) : message_(message), where_(where) {}

  // The next field; nothing at the end. Errors: the message ends inside a field, or a field is of no known kind.
  Result<std::optional<Field>> next();

 private:
  std::optional<uint64_t> varint();
  std::optional<uint64_t> fixed(size_t n_bytes);

  std::string_view message_;
  size_t at_ = 0;
  std::string_view where_;
};

}  // namespace hanok
