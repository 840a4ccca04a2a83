#include "documents/xml.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/locale.h"
#include "documents/limits.h"

namespace hanok {
namespace {

// Walks without recursion: whether some element lies deeper than documents nest.
bool is_too_deep(const pugi::xml_node& root) {
  size_t depth = 0;
  pugi::xml_node node = root.first_child();
  while (node) {
    if (node.first_child()) {
      if (++depth > kMaxXmlDepth) return true;
      node = node.first_child();
      continue;
    }
    while (node && node != root && !node.next_sibling()) {
      node = node.parent();
      if (depth > 0) --depth;
    }
    node = node && node != root ? node.next_sibling() : pugi::xml_node();
  }
  return false;
}

std::string_view without_prefix(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

Status parse_xml(pugi::xml_document& document, const std::string& text, const std::string& where) {
  const auto n_nodes = static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c == '<' || c == '='; }));  // at most
  if (n_nodes > kMaxXmlNodes) {
    return fail(ErrorKind::kLimit, in_language("XML에 든 것이 너무 많습니다", "the XML holds too many elements"), where,
                fmt::format(fmt::runtime(in_language("최대 {}", "at most {}")), kMaxXmlNodes),
                fmt::format("{}", n_nodes));
  }
  const auto result = document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  if (!result) {
    return fail(ErrorKind::kCorruptFile, in_language("XML이 깨졌습니다", "the XML is damaged"),
                fmt::format(fmt::runtime(in_language("{}, {}번째 바이트", "{}, byte {}")), where, result.offset), "",
                result.description());
  }
  if (is_too_deep(document)) {
    return fail(ErrorKind::kLimit, in_language("XML이 너무 깊이 겹칩니다", "the XML is nested too deeply"), where,
                fmt::format(fmt::runtime(in_language("최대 {}겹", "at most {} levels")), kMaxXmlDepth));
  }
  return {};
}

std::string_view local_name(const pugi::xml_node& node) {
  return without_prefix(node.name());
}

std::string_view local_name(const pugi::xml_attribute& attribute) {
  return without_prefix(attribute.name());
}

pugi::xml_node child_named(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node& child : node.children())
    if (local_name(child) == name) return child;
  return {};
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_attribute& each : node.attributes())
    if (local_name(each) == name) return each.value();
  return {};
}

int64_t number_attribute(const pugi::xml_node& node, std::string_view name, int64_t otherwise) {
  const std::string_view text = attribute(node, name);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : otherwise;
}

std::string inner_text(const pugi::xml_node& node) {
  std::string out;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      out += child.value();
    } else {
      out += inner_text(child);
    }
  }
  return out;
}

}  // namespace hanok
