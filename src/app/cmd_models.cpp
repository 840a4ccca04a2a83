// The commands pull, list and rm.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/ask.h"
#include "app/commands.h"
#include "app/options.h"
#include "app/output.h"
#include "app/pack_settings.h"
#include "app/pull_display.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/disk.h"
#include "hub/hub.h"
#include "model/encoder_model.h"
#include "model/model.h"

namespace hanok {
namespace {

using Json = nlohmann::ordered_json;

struct PullArguments {
  std::string model;
  bool json = false;
  PullOptions pull;
};

Status pull(const PullArguments& a) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ResolvedModel model, resolve_model(hub, a.model, a.pull));
  if (!a.json) {
    fmt::print("{}\n", model.path.string());
    return {};
  }
  Json result = {
      {"name", model.name}, {"path", model.path.string()}, {"licence", model.licence}, {"origin", model.origin}};
  HANOK_TRY(const ModelDescription description, hub.describe(a.model));
  if (description.stored) result["files"] = files_json(*description.stored);
  print_json(result);
  return {};
}

struct ListArguments {
  bool json = false, all = false, families = false;
};

void print_table(const Table& table) {
  const std::string text = table.to_string(stdout_is_terminal() ? terminal_columns(STDOUT_FILENO) : std::string::npos);
  fmt::print("{}", text);
}

void list_stored(const std::vector<StoredModel>& models) {
  if (models.empty()) {
    fmt::print("{}\n", in_language("받은 모델이 없습니다. 'hanok pull default'로 기본 모델을 받습니다",
                                   "no models here; 'hanok pull default' gets the default one"));
    return;
  }
  Table table({{in_language("이름", "NAME")},
               {in_language("크기", "SIZE"), true},
               {in_language("라이선스", "LICENCE")},
               {in_language("받은 때", "PULLED")},
               {in_language("출처", "ORIGIN")}});
  for (const StoredModel& m : models)
    table.add({m.name, human_bytes(m.n_bytes), m.licence, m.pulled_at.substr(0, 10), m.origin});
  print_table(table);
}

Json stored_json(const StoredModel& m) {
  return {{"name", m.name},     {"path", m.path.string()},  {"licence", m.licence},  {"origin", m.origin},
          {"bytes", m.n_bytes}, {"pulled_at", m.pulled_at}, {"files", files_json(m)}};
}

// The catalogue; what is stored is marked.
void list_catalogue(const Catalogue& catalogue, const std::vector<StoredModel>& stored, bool json) {
  const CatalogueEntry* standard = catalogue.find("default");
  Json rows = Json::array();
  Table table({{in_language("이름", "NAME")},
               {in_language("매개변수", "PARAMS"), true},
               {in_language("크기", "SIZE"), true},
               {in_language("한국어", "KOREAN")},
               {in_language("라이선스", "LICENCE")},
               {in_language("비고", "NOTES")}});
  for (const CatalogueEntry& e : catalogue.entries()) {
    const bool is_default = &e == standard;
    bool is_here = false;
    for (const StoredModel& m : stored) is_here = is_here || m.name == e.name;
    rows.push_back(entry_json(e));
    rows.back()["default"] = is_default;
    rows.back()["installed"] = is_here;
    std::string notes;
    const auto add = [&notes](const std::string& note) { notes += (notes.empty() ? "" : " · ") + note; };
    if (is_default) add(in_language("기본", "default"));
    if (is_here) add(in_language("받음", "installed"));
    if (e.licence.kind == LicenceKind::kNonCommercial) add(in_language("비상업", "non-commercial"));
    if (const std::string note = in_language(e.note_ko.c_str(), e.note_en.c_str()); !note.empty()) add(note);
    table.add({e.name, e.parameters, e.n_bytes > 0 ? human_bytes(e.n_bytes) : "-", e.korean ? "✓" : "", e.licence.name,
               notes});
  }
  if (json) return print_json({{"models", rows}});
  print_table(table);
}

void list_families(bool json) {
  Json rows = Json::array();
  Table table({{"config.json model_type"}, {"GGUF general.architecture"}});
  const auto add = [&](const char* hf, const char* gguf) {
    rows.push_back({{"safetensors", hf}, {"gguf", gguf}});
    table.add({hf, gguf});
  };
  for (const Family& family : families()) add(family.hf, family.gguf);
  for (const EncoderFamily& family : encoder_families()) add(family.hf, family.gguf);
  if (json) return print_json({{"families", rows}});
  print_table(table);
}

Status list(const ListArguments& a) {
  if (a.families) {
    list_families(a.json);
    return {};
  }
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const std::vector<StoredModel> stored, hub.list());
  note_catalogue_error(hub);
  if (a.all) {
    list_catalogue(hub.catalogue(), stored, a.json);
  } else if (a.json) {
    Json rows = Json::array();
    for (const StoredModel& m : stored) rows.push_back(stored_json(m));
    print_json({{"models", rows}});
  } else {
    list_stored(stored);
  }
  return {};
}

struct RemoveArguments {
  std::string model;
  bool json = false, yes = false;
};

Status remove(const RemoveArguments& a) {
  HANOK_TRY(const Hub hub, Hub::open());
  HANOK_TRY(const ModelDescription description, hub.describe(a.model));
  note_catalogue_error(hub);
  if (description.stored) {
    const std::string question = fmt::format(fmt::runtime(in_language("{} ({})을(를) 지울까요?", "Remove {} ({})?")),
                                             description.name, human_bytes(description.stored->n_bytes));
    HANOK_RETURN_IF_ERROR(confirm(question, a.yes));
  }
  HANOK_TRY(const PackCacheOptions packs, pack_cache_settings());
  HANOK_TRY(uint64_t n_bytes, hub.remove(a.model));
  for (const StoredPack& pack : PackCache::list(packs.folder))
    if (!PackCache::is_needed(pack) && PackCache::remove(pack)) n_bytes += pack.n_bytes;
  if (a.json) {
    print_json({{"name", description.name}, {"freed_bytes", n_bytes}});
  } else {
    fmt::print(fmt::runtime(in_language("{}을(를) 지웠습니다: {}\n", "removed {}: {}\n")), description.name,
               human_bytes(n_bytes));
  }
  return {};
}

}  // namespace

void add_models(CLI::App& app, int& exit_code) {
  const auto p = std::make_shared<PullArguments>();
  CLI::App& pull_app = add_command(app, "pull", {"모델을 받습니다", "gets a model"},
                                   {"hanok pull default\n"
                                    "hanok pull exaone-4.0-1.2b --accept-licence exaone-4.0-1.2b\n"
                                    "hanok pull hf:kakaocorp/kanana-1.5-2.1b-instruct-2505",
                                    "hanok pull default\n"
                                    "hanok pull exaone-4.0-1.2b --accept-licence exaone-4.0-1.2b\n"
                                    "hanok pull hf:kakaocorp/kanana-1.5-2.1b-instruct-2505"});
  add_model(pull_app, p->model);
  add_pull(pull_app, p->pull);
  ask_about_unsupported(p->pull);
  add_flag(pull_app, "--force", p->pull.take_unsupported,
           {"이 판에서 실행할 수 없는 모델도 받습니다", "gets a model although this version cannot run it"});
  add_flag(pull_app, "--refresh", p->pull.refresh, {"이미 있어도 다시 받습니다", "pulls again although it is here"});
  add_json(pull_app, p->json);
  on_run(pull_app, exit_code, p->json, [p] { return pull(*p); });

  const auto l = std::make_shared<ListArguments>();
  CLI::App& list_app =
      add_command(app, "list", {"받은 모델이나 목록을 보입니다", "lists the models here, or the catalogue"},
                  {"hanok list\nhanok list --all", "hanok list\nhanok list --all"});
  add_flag(list_app, "--all,-a", l->all, {"목록에 있는 모든 모델", "every model of the catalogue"});
  add_flag(list_app, "--families", l->families,
           {"이 판이 실행하는 모델 구조", "the architectures that this version runs"});
  add_json(list_app, l->json);
  on_run(list_app, exit_code, l->json, [l] { return list(*l); });

  const auto r = std::make_shared<RemoveArguments>();
  CLI::App& remove_app = add_command(app, "rm", {"받은 모델을 지웁니다", "removes a model from the store"},
                                     {"hanok rm qwen2.5-coder-0.5b", "hanok rm qwen2.5-coder-0.5b"});
  add_positional(remove_app, "MODEL", r->model, true,
                 {"받은 모델의 이름 (hanok list)", "a stored model's name (hanok list)"});
  add_flag(remove_app, "--yes,-y", r->yes, {"묻지 않습니다", "does not ask"});
  add_json(remove_app, r->json);
  on_run(remove_app, exit_code, r->json, [r] { return remove(*r); });
}

}  // namespace hanok
