// Results as JSON, the same shape in every command.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "hub/hub.h"

namespace hanok {

// One line on standard output; broken UTF-8 becomes U+FFFD.
void print_json(const nlohmann::ordered_json& document);

// "file:///…", every byte of the path kept: names that are no UTF-8 cannot stand in JSON otherwise.
std::string file_uri(std::string_view path);

// [{name, bytes, sha256, pinned}]; pinned: the checksum was known before the file was fetched.
nlohmann::ordered_json files_json(const StoredModel& model);
// {name, aliases, title, family, parameters, bytes, licence, …} of a catalogue entry; texts in the user's language.
nlohmann::ordered_json entry_json(const CatalogueEntry& entry);

}  // namespace hanok
