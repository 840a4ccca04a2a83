// Reads typed fields out of a JSON object and remembers the first thing that is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace hanok {

class JsonReader {
 public:
  // `json` must outlive the reader. `where` names the object in errors.
  JsonReader(const nlohmann::ordered_json& json, std::string where);

  // The field's value; the fallback when it is absent, and also, with an error remembered, when its type is wrong.
  std::string string(const char* key, std::string fallback = {});
  uint64_t number(const char* key, uint64_t fallback = 0);
  bool boolean(const char* key, bool fallback);
  std::vector<std::string> strings(const char* key);
  // As above, but absence or emptiness is an error.
  std::string required_string(const char* key);
  // The array or object under the key; nullptr when absent or, with an error remembered, of the wrong type.
  const nlohmann::ordered_json* array(const char* key);
  const nlohmann::ordered_json* object(const char* key);

  void wrong(const std::string& key, const std::string& expected, const std::string& got);
  Status status() const { return status_; }

 private:
  const nlohmann::ordered_json* find(const char* key) const;
  const nlohmann::ordered_json& json_;
  std::string where_;
  Status status_;
};

// Parses text without exceptions. Errors: kCorruptFile.
Result<nlohmann::ordered_json> parse_json(std::string_view text, const std::string& where);

}  // namespace hanok
