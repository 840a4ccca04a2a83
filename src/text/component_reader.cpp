#include "text/component_reader.h"

#include <utility>

#include <fmt/format.h>

#include "text/unicode.h"

namespace hanok {
namespace {

const nlohmann::json kNull, kNoParts = nlohmann::json::array(), kNoMembers = nlohmann::json::object();

std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 80) text = text.substr(0, complete_utf8_prefix(std::string_view(text).substr(0, 77))) + "…";
  return text;
}

}  // namespace

ComponentReader::ComponentReader(const Json& node, std::string where) : json_(node), where_(std::move(where)) {
  if (!json_.is_object()) {
    status_ = fail(ErrorKind::kCorruptFile, "tokenizer component is not an object", where_, "", shown(json_));
    return;
  }
  type_ = text_or("type", "");
}

const nlohmann::json* ComponentReader::find(const char* key) {
  if (!status_ || !json_.is_object()) return nullptr;
  read_.insert(key);
  const auto it = json_.find(key);
  return it == json_.end() || it->is_null() ? nullptr : &*it;
}

template <class Check>
const nlohmann::json* ComponentReader::find_checked(const char* key, bool needed, const char* expected, Check check) {
  const Json* value = find(key);
  if (value == nullptr) {
    if (needed) refuse(key, expected, "nothing");
    return nullptr;
  }
  if (check(*value)) return value;
  refuse(key, expected, shown(*value));
  return nullptr;
}

bool ComponentReader::has(const char* key) const {
  const auto it = json_.find(key);
  return it != json_.end() && !it->is_null();
}

bool ComponentReader::flag(const char* key) {
  const Json* value = find_checked(key, true, "true or false", [](const Json& v) { return v.is_boolean(); });
  return value != nullptr && value->get<bool>();
}

bool ComponentReader::flag_or(const char* key, bool otherwise) {
  const Json* value = find_checked(key, false, "true or false", [](const Json& v) { return v.is_boolean(); });
  return value == nullptr ? otherwise : value->get<bool>();
}

std::string ComponentReader::text(const char* key) {
  const Json* value = find_checked(key, true, "a text", [](const Json& v) { return v.is_string(); });
  return value == nullptr ? std::string() : value->get<std::string>();
}

std::string ComponentReader::text_or(const char* key, const std::string& otherwise) {
  const Json* value = find_checked(key, false, "a text", [](const Json& v) { return v.is_string(); });
  return value == nullptr ? otherwise : value->get<std::string>();
}

int64_t ComponentReader::count(const char* key, int64_t most) {
  if (!has(key)) refuse(key, "a number", "nothing");
  return count_or(key, most, 0);
}

int64_t ComponentReader::count_or(const char* key, int64_t most, int64_t otherwise) {
  const Json* value = find_checked(key, false, "a number",
                                   [most](const Json& v) { return v.is_number_integer() && v >= 0 && v <= most; });
  return value == nullptr ? otherwise : value->get<int64_t>();
}

double ComponentReader::number_or(const char* key, double otherwise) {
  const Json* value = find_checked(key, false, "a number", [](const Json& v) { return v.is_number(); });
  return value == nullptr ? otherwise : value->get<double>();
}

std::string ComponentReader::character(const char* key) {
  std::string value = text(key);
  if (status_ && (value.empty() || utf8_char_length(value) != value.size())) refuse(key, "one character", value);
  return value;
}

Splitter ComponentReader::pattern(const char* key) {
  const auto is_pattern = [](const Json& v) {
    return v.is_object() && v.size() == 1 && v.begin()->is_string() && (v.contains("String") || v.contains("Regex"));
  };
  const Json* value = find_checked(key, true, "{\"String\": text} or {\"Regex\": pattern}", is_pattern);
  if (value == nullptr) return Splitter::literal("");
  const std::string content = value->begin()->get<std::string>();
  if (value->contains("String")) return Splitter::literal(content);
  Result<Splitter> splitter = Splitter::compile(content);
  if (splitter) return std::move(*splitter);
  status_ = tl::unexpected(splitter.error().in(where_));
  return Splitter::literal("");
}

SplitBehavior ComponentReader::behavior(const char* key) {
  const std::string name = text(key);
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name != "Contiguous") refuse(key, "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous", name);
  return SplitBehavior::kContiguous;
}

const nlohmann::json& ComponentReader::node(const char* key) {
  const Json* value = find(key);
  return value == nullptr ? kNull : *value;
}

const nlohmann::json& ComponentReader::array(const char* key) {
  const Json* value = find_checked(key, false, "a list", [](const Json& v) { return v.is_array(); });
  return value == nullptr ? kNoParts : *value;
}

const nlohmann::json& ComponentReader::object(const char* key) {
  const Json* value = find_checked(key, false, "an object", [](const Json& v) { return v.is_object(); });
  return value == nullptr ? kNoMembers : *value;
}

void ComponentReader::refuse(const char* key, std::string expected, std::string got) {
  if (!status_) return;
  const std::string component = type_.empty() ? where_ : where_ + " " + type_;
  status_ = fail(ErrorKind::kUnsupported, "tokenizer component cannot be used as it is", component + "." + key,
                 std::move(expected), std::move(got));
}

Status ComponentReader::finish() {
  if (!status_) return status_;
  for (const auto& [key, value] : json_.items()) {
    if (!read_.contains(key)) refuse(key.c_str(), "only members that are known", shown(value));
  }
  return status_;
}

tl::unexpected<Error> ComponentReader::unknown(std::string known) const {
  if (!status_) return tl::unexpected(status_.error());
  return fail(ErrorKind::kUnsupported, "tokenizer component that is not known", where_, std::move(known),
              type_.empty() ? "none named" : type_);
}

}  // namespace hanok
