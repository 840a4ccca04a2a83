// XML parts of documents: parsed without entities of their own making, elements known by their local names.
#pragma once

#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "base/result.h"

namespace hanok {

// Errors: kCorruptFile with the offset; kLimit for elements nested too deeply.
Status parse_xml(pugi::xml_document& document, const std::string& text, const std::string& where);

// The name without its prefix.
std::string_view local_name(const pugi::xml_node& node);
std::string_view local_name(const pugi::xml_attribute& attribute);

// The first child of this local name, and an attribute's value; empty where there is none.
pugi::xml_node child_named(const pugi::xml_node& node, std::string_view name);
std::string_view attribute(const pugi::xml_node& node, std::string_view name);
// A whole number in an attribute; `otherwise` when there is none.
int64_t number_attribute(const pugi::xml_node& node, std::string_view name, int64_t otherwise = 0);

// All text inside the node.
std::string inner_text(const pugi::xml_node& node);

}  // namespace hanok
