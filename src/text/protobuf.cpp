#include "text/protobuf.h"

#include <cstring>
#include <string>

namespace hanok {

float ProtobufReader::Field::as_float() const {
  const auto bits = static_cast<uint32_t>(value);
  float as_number;
  std::memcpy(&as_number, &bits, sizeof as_number);
  return as_number;
}

std::optional<uint64_t> ProtobufReader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && at_ < message_.size(); shift += 7) {
    const auto byte = static_cast<uint8_t>(message_[at_++]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<uint64_t> ProtobufReader::fixed(size_t n_bytes) {
  if (message_.size() - at_ < n_bytes) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < n_bytes; ++i) value |= static_cast<uint64_t>(static_cast<uint8_t>(message_[at_++])) << (8 * i);
  return value;
}

Result<std::optional<ProtobufReader::Field>> ProtobufReader::next() {
  if (at_ == message_.size()) return std::optional<Field>();
  const size_t begin = at_;
  const auto broken = [&] {
    return fail(ErrorKind::kCorruptFile, "field is broken", std::string(where_) + ", byte " + std::to_string(begin));
  };
  const auto key = varint();
  if (!key || *key >> 3 == 0 || *key >> 32 != 0) return broken();
  Field field;
  field.number = static_cast<uint32_t>(*key >> 3);
  const uint64_t kind = *key & 7;
  field.is_bytes = kind == 2;
  const auto value = kind == 0 || kind == 2 ? varint() : kind == 1 ? fixed(8) : kind == 5 ? fixed(4) : std::nullopt;
  if (!value) return broken();
  field.value = *value;
  if (!field.is_bytes) return std::optional(field);
  if (*value > message_.size() - at_) return broken();
  field.bytes = message_.substr(at_, *value);
  at_ += *value;
  return std::optional(field);
}

}  // namespace hanok
