// Packed weights are kept between runs, shown by `hanok cache` and removed by it.
#include <cstdlib>
#include <optional>

#include <nlohmann/json.hpp>

#include "real_model.h"
#include "run_hanok.h"

namespace hanok {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Cache and store of one test: the user's are not cleaned.
class OwnFolders {
 public:
  OwnFolders() : folder_(fs::path(testing::TempDir()) / ("hanok_packed_" + std::to_string(::getpid()))) {
    for (Variable& v : variables_) {
      if (const char* set = std::getenv(v.name)) v.old = set;
      ::setenv(v.name, (folder_ / v.name).c_str(), 1);
    }
  }
  ~OwnFolders() {
    for (const Variable& v : variables_) v.old ? ::setenv(v.name, v.old->c_str(), 1) : ::unsetenv(v.name);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

 private:
  struct Variable {
    const char* name;
    std::optional<std::string> old;
  };
  fs::path folder_;
  Variable variables_[2] = {{"XDG_CACHE_HOME", {}}, {"XDG_DATA_HOME", {}}};
};

Json json_of(const std::vector<std::string>& arguments) {
  const Output output = run_hanok(arguments);
  EXPECT_EQ(output.exit_code, 0);
  return Json::parse(output.text());
}

TEST(Small, PackedWeightsAreKeptShownAndCleaned) {
  HANOK_REAL_MODEL(path, "qwen2.5-coder-0.5b");
  const OwnFolders folders;
  const std::vector<std::string> ask{"run", path.string(), "하늘은 왜 파란가요?", "--temperature", "0", "--max-tokens",
                                     "16",  "--json"};
  const Json cold = json_of(ask);
  const Json held = json_of({"cache", "--json"});
  ASSERT_EQ(held["packed"].size(), 1u);
  EXPECT_EQ(held["packed"][0]["source"], path.string());
  EXPECT_EQ(held["packed"][0]["bytes"], held["packed_bytes"]);
  EXPECT_GT(held["packed_bytes"], fs::file_size(path) / 2);
  const Json warm = json_of(ask);
  EXPECT_EQ(warm["ids"], cold["ids"]);
  EXPECT_GE(json_of({"cache", "clean", "--yes", "--json"})["freed_bytes"], held["packed_bytes"]);
  EXPECT_EQ(json_of({"cache", "--json"})["packed_bytes"], 0);
  ::setenv("HANOK_PACK_CACHE_GB", "0", 1);
  const Json none = json_of(ask);
  ::unsetenv("HANOK_PACK_CACHE_GB");
  EXPECT_EQ(none["ids"], cold["ids"]);
  EXPECT_EQ(json_of({"cache", "--json"})["packed_bytes"], 0);
}

}  // namespace
}  // namespace hanok
