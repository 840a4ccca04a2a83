#include "app/loading.h"

#include "app/progress.h"
#include "app/report.h"
#include "app/terminal.h"

namespace hanok {

Result<std::unique_ptr<Engine>> load_engine(const std::filesystem::path& path, const EngineOptions& options) {
  if (!stderr_is_terminal()) return Engine::load(path, options);
  constexpr uint64_t kWhole = 100;
  Progress progress(Progress::Unit::kSteps);
  return Engine::load(path, options, [&](double share) {
    progress.show(in_language("모델을 올리는 중", "loading"), static_cast<uint64_t>(share * kWhole), kWhole);
  });
}

}  // namespace hanok
