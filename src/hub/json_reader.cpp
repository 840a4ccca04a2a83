// Typed access to JSON objects.
#include "hub/json_reader.h"

#include <nlohmann/json.hpp>

#include "base/locale.h"

namespace hanok {
using Json = nlohmann::ordered_json;

JsonReader::JsonReader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json_.is_object()) wrong("", "an object", json_.type_name());
}

const Json* JsonReader::find(const char* key) const {
  if (!json_.is_object()) return nullptr;
  const auto it = json_.find(key);
  return it == json_.end() || it->is_null() ? nullptr : &*it;
}

void JsonReader::wrong(const std::string& key, const std::string& expected, const std::string& got) {
  if (!status_) return;
  status_ = fail(ErrorKind::kCorruptFile, in_language("값이 맞지 않습니다", "wrong value"),
                 key.empty() ? where_ : where_ + ": " + key, expected, got);
}

std::string JsonReader::string(const char* key, std::string fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_string()) return value->get<std::string>();
  wrong(key, "a string", value->type_name());
  return fallback;
}

uint64_t JsonReader::number(const char* key, uint64_t fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_number_unsigned()) return value->get<uint64_t>();
  wrong(key, "a whole number from 0", value->is_number() ? "another number" : value->type_name());
  return fallback;
}

bool JsonReader::boolean(const char* key, bool fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  wrong(key, "true or false", value->type_name());
  return fallback;
}

std::vector<std::string> JsonReader::strings(const char* key) {
  std::vector<std::string> all;
  const Json* list = array(key);
  if (list == nullptr) return all;
  for (const Json& item : *list) {
    if (item.is_string()) {
      all.push_back(item.get<std::string>());
    } else {
      wrong(key, "strings", item.type_name());
    }
  }
  return all;
}

std::string JsonReader::required_string(const char* key) {
  std::string value = string(key);
  if (value.empty()) wrong(key, "a string", "nothing");
  return value;
}

const Json* JsonReader::array(const char* key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_array()) return value;
  wrong(key, "a list", value->type_name());
  return nullptr;
}

const Json* JsonReader::object(const char* key) {
  const Json* value = find(key);
  if (value == nullptr || value->is_object()) return value;
  wrong(key, "an object", value->type_name());
  return nullptr;
}

Result<Json> parse_json(std::string_view text, const std::string& where) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded())
    return fail(ErrorKind::kCorruptFile, in_language("JSON이 아닙니다", "not valid JSON"), where);
  return json;
}

}  // namespace hanok
