#include "app/loading.h"

#include <chrono>

#include "app/pack_settings.h"
#include "app/progress.h"
#include "app/report.h"
#include "app/terminal.h"

namespace hanok {

namespace {

template <class Loaded, class Options>
Result<std::unique_ptr<Loaded>> load(const std::filesystem::path& path, const Options& given) {
  Options options = given;
  HANOK_TRY(options.packs, pack_cache_settings());
  if (!stderr_is_terminal()) return Loaded::load(path, options);
  using Clock = std::chrono::steady_clock;
  constexpr auto kShort = std::chrono::milliseconds(700);  // what takes no longer is not worth a word
  constexpr uint64_t kWhole = 100;
  const Clock::time_point start = Clock::now();
  Progress progress(Progress::Unit::kSteps);
  auto loaded = Loaded::load(path, options, [&](double share) {
    if (Clock::now() - start < kShort) return;
    progress.show(in_language("모델을 올리는 중", "loading"), static_cast<uint64_t>(share * kWhole), kWhole);
  });
  progress.erase();
  return loaded;
}

}  // namespace

Result<std::unique_ptr<Engine>> load_engine(const std::filesystem::path& path, const EngineOptions& given) {
  return load<Engine>(path, given);
}

Result<std::unique_ptr<Embedder>> load_embedder(const std::filesystem::path& path, const EmbedderOptions& given) {
  return load<Embedder>(path, given);
}

}  // namespace hanok
