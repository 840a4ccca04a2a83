// Where the real models lie that the tests of this folder use.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "hub/hub.h"

namespace hanok {

// The user's own store has the model, or tests/real/pull.sh got it into the test's store; nothing is fetched here.
inline Result<ResolvedModel> stored_model(const std::string& name) {
  PullOptions options;
  options.offline = true;
  options.accept_licence = {name};
  if (const auto hub = Hub::open()) {
    if (auto model = hub->resolve(name, options)) return model;
  }
  const std::filesystem::path store = HANOK_TEST_STORE;
  HANOK_TRY(const Hub hub, Hub::open_at(store / "hanok", store / "config"));
  return hub.resolve(name, options);
}

inline std::string why_not(const std::string& name) {
  std::ifstream file(std::filesystem::path(HANOK_TEST_STORE) / ("why-not-" + name));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return text.empty() ? "tests/real/pull.sh gets it" : text;
}

}  // namespace hanok

// Sets `variable` to the model's file; a test without it is skipped, with the reason.
#define HANOK_REAL_MODEL(variable, name)                                                        \
  const auto variable##_stored = ::hanok::stored_model(name);                                   \
  if (!variable##_stored) GTEST_SKIP() << (name) << " is not here: " << ::hanok::why_not(name); \
  const std::filesystem::path variable = variable##_stored->path
