#include "app/collections.h"

#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include "app/loading.h"
#include "app/options.h"
#include "base/disk.h"
#include "hub/hub.h"
#include "search/collection.h"

namespace hanok {

Result<std::filesystem::path> collections_folder() {
  HANOK_TRY(const std::filesystem::path data, xdg_folder("XDG_DATA_HOME", ".local/share"));
  return data / "hanok" / "collections";
}

Result<std::filesystem::path> collection_folder(const std::string& name) {
  HANOK_TRY(const std::string checked, collection_name(name));
  HANOK_TRY(const std::filesystem::path root, collections_folder());
  return root / checked;
}

void add_embedder_options(CLI::App& command, EmbedderChoice& choice) {
  add_text(command, "--embedder", choice.model, "MODEL",
           {"벡터를 만들 모델. 없으면 받아 둔 'embedder'를 씁니다",
            "the model that makes vectors; without it 'embedder' where that was pulled"});
  add_flag(command, "--no-vectors", choice.no_vectors, {"낱말로만 합니다", "works with words alone"});
  add_number(command, "--threads", choice.n_threads, {0, 1024}, {"일할 스레드 수", "threads that work"},
             {"0: 이 프로세스가 쓸 수 있는 모든 프로세서", "0: every processor of this process"});
}

Result<std::unique_ptr<Embedder>> open_embedder(const EmbedderChoice& choice) {
  if (choice.no_vectors) return std::unique_ptr<Embedder>();
  HANOK_TRY(const Hub hub, Hub::open());
  const std::string model = choice.model.empty() ? "embedder" : choice.model;
  PullOptions offline;
  offline.offline = true;
  if (choice.model.empty()) {
    const auto known = hub.describe(model);
    if (!known || !known->stored) return std::unique_ptr<Embedder>();
  }
  HANOK_TRY(const ResolvedModel resolved, hub.resolve(model, offline));
  return load_embedder(resolved.path, {.n_threads = choice.n_threads});
}

Result<int64_t> seconds_of_date(const std::string& option, const std::string& date, int more_days) {
  std::tm parts{};
  const char* end = ::strptime(date.c_str(), "%Y-%m-%d", &parts);
  if (end == nullptr || *end != '\0')
    return fail(ErrorKind::kInvalidInput, in_language("날짜가 아닙니다", "not a date"), option, "YYYY-MM-DD", date);
  const std::chrono::year_month_day day(std::chrono::year(parts.tm_year + 1900),
                                        std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                        std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
  if (!day.ok()) return fail(ErrorKind::kInvalidInput, in_language("없는 날입니다", "no such day"), option, "", date);
  parts.tm_mday += more_days;
  parts.tm_isdst = -1;
  return static_cast<int64_t>(std::mktime(&parts));
}

std::string date_text(int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (::localtime_r(&time, &parts) == nullptr) return "";
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

}  // namespace hanok
