// Reads one component of a tokenizer.json: typed members by name, and an error for every member nobody asked for.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "text/splitter.h"

namespace hanok {

// The first failed read is remembered and everything after it gives defaults, so that a component is read in a row and
// checked once, by finish().
class ComponentReader {
 public:
  using Json = nlohmann::json;

  // `where` names the component's place in the file. Anything but an object is an error.
  ComponentReader(const Json& node, std::string where);
  ComponentReader(Json&&, std::string) = delete;  // keeps a reference

  // The member "type", "" when it is missing.
  const std::string& type() const { return type_; }
  const std::string& where() const { return where_; }
  // Whether the member is there and not null.
  bool has(const char* key) const;

  bool flag(const char* key);                     // must be there
  bool flag_or(const char* key, bool otherwise);  // null counts as missing, here and below
  std::string text(const char* key);
  std::string text_or(const char* key, const std::string& otherwise);
  // A number from 0 to `most`.
  int64_t count(const char* key, int64_t most);
  int64_t count_or(const char* key, int64_t most, int64_t otherwise);
  double number_or(const char* key, double otherwise);
  // Exactly one character.
  std::string character(const char* key);
  // {"String": text} or {"Regex": pattern}.
  Splitter pattern(const char* key);
  SplitBehavior behavior(const char* key);
  // The member as it is; null when it is missing.
  const Json& node(const char* key);
  const Json& array(const char* key);  // empty when it is missing
  const Json& object(const char* key);

  // Says what is wrong with a member that was read.
  void refuse(const char* key, std::string expected, std::string got);
  // The first error, else an error that names a member that was not read.
  Status finish();
  // The error for a component of a kind that is not known.
  tl::unexpected<Error> unknown(std::string known) const;

 private:
  const Json* find(const char* key);
  template <class Check>
  const Json* find_checked(const char* key, bool needed, const char* expected, Check check);

  const Json& json_;
  std::string where_, type_;
  std::set<std::string, std::less<>> read_;
  Status status_;
};

// Calls read(component) for a component, or in order for those of a Sequence, whose parts lie under `key`.
template <class Read>
Status each_component(const nlohmann::json& node, const char* key, const std::string& where, const Read& read,
                      int depth = 0) {
  if (node.is_null()) return {};
  ComponentReader reader(node, where);
  if (reader.type() != "Sequence") return read(reader);
  if (depth > 8) return fail(ErrorKind::kCorruptFile, "sequences lie too deep in one another", where);
  const nlohmann::json& parts = reader.array(key);
  HANOK_RETURN_IF_ERROR(reader.finish());
  for (size_t i = 0; i < parts.size(); ++i) {
    HANOK_RETURN_IF_ERROR(each_component(parts[i], key, where + "[" + std::to_string(i) + "]", read, depth + 1));
  }
  return {};
}

}  // namespace hanok
