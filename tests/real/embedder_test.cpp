// The embedder that Hanok makes from a package: its vectors are those of the package's own engine on the same weights.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/f16.h"
#include "documents/base64.h"
#include "engine/embedder.h"
#include "real_model.h"

namespace hanok {
namespace {

std::vector<float> vector_of(const std::string& base64) {
  const std::string bytes = bytes_of_base64(base64);
  std::vector<float> vector;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2)
    vector.push_back(
        f16_to_f32(static_cast<uint16_t>(static_cast<uint8_t>(bytes[i]) | static_cast<uint8_t>(bytes[i + 1]) << 8)));
  return vector;
}

TEST(RealEmbedder, VectorsAreThoseOfThePackagesOwnEngine) {
  HANOK_REAL_MODEL(model, "multilingual-e5-small");
  std::ifstream file(HANOK_SOURCE_DIR "/goldens/real/multilingual-e5-small.json");
  const auto rows = nlohmann::json::parse(file);
  ASSERT_GT(rows.size(), 20u);
  const auto embedder = Embedder::load(model, {});
  ASSERT_TRUE(embedder) << embedder.error().to_string();
  for (const auto& row : rows) {
    const std::string text = row["text"];
    const auto made = (*embedder)->embed(std::span(&text, 1), row["query"] ? TextRole::kQuery : TextRole::kPassage);
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(made->texts[0].n_tokens, row["n_tokens"]) << text;
    EXPECT_GE(cosine(made->vector(0), vector_of(row["vector"])), 0.999f) << text;
  }
}

}  // namespace
}  // namespace hanok
