// Every number and flag of every family's config.json, replaced by extremes: refused, or loaded and run; never a crash.
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "golden.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Places of the numbers and flags below `node`.
void collect(const Json& node, const Json::json_pointer& at, std::vector<Json::json_pointer>& out) {
  if (node.is_object()) {
    for (const auto& [key, value] : node.items()) collect(value, at / key, out);
  } else if (node.is_number() || node.is_boolean()) {
    out.push_back(at);
  }
}

class Extremes : public testing::TestWithParam<std::string> {};

TEST_P(Extremes, AreRefusedOrRun) {
  const fs::path source = families_folder() / GetParam();
  const fs::path folder = fs::path(testing::TempDir()) / ("hanok_extremes_" + std::to_string(::getpid()));
  fs::remove_all(folder);
  fs::create_directories(folder);
  fs::create_symlink(source / "model.safetensors", folder / "model.safetensors");
  std::ifstream in(source / "config.json");
  const Json config = Json::parse(in);
  std::vector<Json::json_pointer> places;
  collect(config, Json::json_pointer(), places);
  ASSERT_GE(places.size(), 10U);

  ThreadPool pool(1);
  const ExecContext ctx{pool, *kernels_for(Isa::kPortable), Precision::kF32};
  const std::vector<Json> values{-1,  0,      1,      2,     3,    1000, 1 << 24, int64_t{1} << 40,
                                 0.5, -1e300, 1e-300, 1e300, true, false};
  for (const Json::json_pointer& place : places) {
    for (const Json& value : values) {
      SCOPED_TRACE(place.to_string() + " = " + value.dump());
      Json changed = config;
      changed[place] = value;
      std::ofstream(folder / "config.json", std::ios::trunc) << changed;
      const auto checkpoint = Checkpoint::open(folder);
      if (!checkpoint) continue;
      const auto model = load_model(*checkpoint, ctx);
      if (!model) {
        EXPECT_FALSE(model.error().what.empty());
        continue;
      }
      const ModelRun run = run_model(**model, ctx, {0, 1}, 2);
      EXPECT_TRUE(std::all_of(run.logits.begin(), run.logits.end(), [](float x) { return std::isfinite(x); }));
    }
  }
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Goldens, Extremes, testing::ValuesIn(family_cases()),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace hanok
