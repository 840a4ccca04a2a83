// The command cache: what the store holds besides finished models, the packed weights, and their cleaning.
#include <memory>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/ask.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/pack_settings.h"
#include "app/pull_display.h"
#include "app/terminal.h"
#include "base/disk.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

struct CacheArguments {
  std::string action = "show";
  bool json = false, yes = false;
};

std::string kind_text(const std::string& kind) {
  return kind == "rejected" ? in_language("거부됨 (체크섬이 다름)", "rejected (wrong checksum)")
                            : in_language("받다 만 것", "unfinished");
}

uint64_t bytes_of(const std::vector<StoredPack>& packs) {
  return std::accumulate(packs.begin(), packs.end(), uint64_t{0},
                         [](uint64_t total, const StoredPack& p) { return total + p.n_bytes; });
}

std::string name_of(const StoredPack& pack) {
  return pack.source.empty() ? pack.path.filename().string() : std::filesystem::path(pack.source).filename().string();
}

std::string state_of(const StoredPack& pack) {
  if (pack.source.empty()) return in_language("정리하다 만 가중치", "weights half packed");
  return PackCache::is_needed(pack)
             ? in_language("정리된 가중치", "packed weights")
             : in_language("정리된 가중치 (모델이 없어짐)", "packed weights (the model is gone)");
}

Status show(const CacheArguments& a, const Hub& hub) {
  HANOK_TRY(const CacheReport held, hub.cache_report());
  HANOK_TRY(const std::vector<StoredModel> models, hub.list());
  HANOK_TRY(const PackCacheOptions settings, pack_cache_settings());
  const std::vector<StoredPack> packs = PackCache::list(settings.folder);
  if (a.json) {
    Json rows = Json::array(), items = Json::array(), packed = Json::array();
    for (const StoredPack& p : packs)
      packed.push_back({{"path", p.path.string()}, {"source", p.source}, {"bytes", p.n_bytes}});
    for (const StoredModel& m : models) rows.push_back({{"name", m.name}, {"bytes", m.n_bytes}});
    for (const CacheItem& i : held.items)
      items.push_back({{"path", i.path.string()}, {"model", i.model}, {"kind", i.kind}, {"bytes", i.n_bytes}});
    print_json({{"root", held.root.string()},
                {"model_bytes", held.model_bytes},
                {"partial_bytes", held.partial_bytes},
                {"rejected_bytes", held.rejected_bytes},
                {"packed_bytes", bytes_of(packs)},
                {"packed_limit_bytes", settings.limit_bytes},
                {"models", rows},
                {"items", items},
                {"packed", packed}});
    return {};
  }
  fmt::print("{}\n\n", held.root.string());
  Table table({{in_language("무엇", "WHAT")}, {in_language("크기", "SIZE"), true}, {in_language("상태", "STATE")}});
  for (const StoredModel& m : models) table.add({m.name, human_bytes(m.n_bytes), in_language("모델", "model")});
  for (const CacheItem& i : held.items) table.add({i.model, human_bytes(i.n_bytes), kind_text(i.kind)});
  for (const StoredPack& p : packs) table.add({name_of(p), human_bytes(p.n_bytes), state_of(p)});
  table.add({in_language("합계", "total"),
             human_bytes(held.model_bytes + held.partial_bytes + held.rejected_bytes + bytes_of(packs)), ""});
  fmt::print("{}", table.to_string());
  if (!packs.empty())
    fmt::print(fmt::runtime(in_language("\n정리된 가중치는 {}에 최대 {}까지 둡니다 (HANOK_PACK_CACHE_GB)\n",
                                        "\nPacked weights are kept in {}, at most {} (HANOK_PACK_CACHE_GB)\n")),
               settings.folder.string(), human_bytes(settings.limit_bytes));
  if (!held.items.empty() || !packs.empty())
    fmt::print("\n{}\n", in_language("'hanok cache clean'은 모델이 아닌 것을 지웁니다",
                                     "'hanok cache clean' removes what is not a model"));
  return {};
}

Status clean(const CacheArguments& a, const Hub& hub) {
  HANOK_TRY(const CacheReport held, hub.cache_report());
  HANOK_TRY(const PackCacheOptions settings, pack_cache_settings());
  const std::vector<StoredPack> packs = PackCache::list(settings.folder);
  const uint64_t n_bytes = held.partial_bytes + held.rejected_bytes + bytes_of(packs);
  if (n_bytes > 0) {
    const std::string question =
        fmt::format(fmt::runtime(in_language(
                        "받다 만 것과 거부된 것 {}개와 정리된 가중치 {}개, 모두 {}를 지울까요?",
                        "Remove {} unfinished and rejected items and the packed weights of {} models, {} in all?")),
                    held.items.size(), packs.size(), human_bytes(n_bytes));
    HANOK_RETURN_IF_ERROR(confirm(question, a.yes));
  }
  HANOK_TRY(uint64_t n_freed, hub.cache_clean());
  for (const StoredPack& pack : packs)
    if (PackCache::remove(pack)) n_freed += pack.n_bytes;
  if (a.json) {
    print_json({{"freed_bytes", n_freed}});
  } else {
    fmt::print(fmt::runtime(in_language("비웠습니다: {}\n", "freed: {}\n")), human_bytes(n_freed));
  }
  return {};
}

}  // namespace

void add_cache(CLI::App& app, int& exit_code) {
  const auto a = std::make_shared<CacheArguments>();
  CLI::App& command =
      add_command(app, "cache", {"저장소에 든 것을 보이고 치웁니다", "shows what the store holds, and cleans it"},
                  {"hanok cache\nhanok cache clean --yes", "hanok cache\nhanok cache clean --yes"});
  CLI::Option& action = *add_positional(command, "ACTION", a->action, false, {});
  action.check([](const std::string& text) {
    if (text != "show" && text != "clean") refuse_value("ACTION", "show, clean", text);
    return std::string();
  });
  describe(action,
           {"show: 든 것을 보임. clean: 받다 만 것, 거부된 것, 정리된 가중치를 지움(모델은 그대로)",
            "show: what it holds; clean: removes unfinished and rejected files and packed weights, never models"},
           a->action, "");
  add_flag(command, "--yes,-y", a->yes, {"묻지 않습니다", "does not ask"});
  add_json(command, a->json);
  on_run(command, exit_code, a->json, [a]() -> Status {
    HANOK_TRY(const Hub hub, Hub::open());
    note_catalogue_error(hub);
    return a->action == "clean" ? clean(*a, hub) : show(*a, hub);
  });
}

}  // namespace hanok
