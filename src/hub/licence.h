// Licences that must be accepted once before a model is used, and where that is remembered.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "hub/hub.h"

namespace hanok {

// True for licences that forbid commercial use or have terms of their own.
inline bool needs_acceptance(const CatalogueLicence& licence) {
  return licence.kind != LicenceKind::kFree;
}

// Whether it was accepted before, for this model and this licence. A missing or unreadable record means no.
bool licence_accepted(const std::filesystem::path& data, const std::string& model, const std::string& licence);

// Passes free licences and accepted ones; records an acceptance the options carry under the model's name, one of its
// other names or the licence's name, or one given when asked. Error: kRefused with the licence's summary and how to
// accept it.
Status check_licence(const std::filesystem::path& data, const std::string& model,
                     const std::set<std::string>& other_names, const CatalogueLicence& licence,
                     const PullOptions& options);

}  // namespace hanok
