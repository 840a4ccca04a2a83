// Finds a model where it is kept, or pulls it from the first of its sources that gives it.
#include "hub/hub.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/disk.h"
#include "hub/licence.h"
#include "hub/manifest.h"
#include "hub/model_spec.h"
#include "hub/plan.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

bool looks_like_path(std::string_view model) {
  return model.find('/') != std::string_view::npos || (model.size() > 5 && model.substr(model.size() - 5) == ".gguf") ||
         model == "." || model == "..";
}

bool has_scheme(std::string_view model) {
  return model.substr(0, 3) == "hf:" || model.substr(0, 5) == "pypi:";
}

StoredModel stored_model(const fs::path& folder, const Manifest& manifest) {
  StoredModel model;
  model.name = manifest.name;
  model.path = entry_path(folder, manifest);
  model.licence = manifest.licence;
  model.origin = manifest.origin;
  model.pulled_at = manifest.pulled_at;
  model.files = manifest.files;
  for (const auto& file : manifest.files) model.n_bytes += file.n_bytes;
  return model;
}

ResolvedModel resolved(const StoredModel& stored) {
  return ResolvedModel{stored.path, stored.name, stored.licence, stored.origin};
}

// The path as it was given, when it is one that exists.
std::optional<fs::path> existing_path(std::string_view model) {
  std::error_code ignored;
  fs::path path(model);
  if (model.empty() || has_scheme(model) || !fs::exists(path, ignored)) return std::nullopt;
  return path;
}

ResolvedModel local_model(const fs::path& path) {
  fs::path name = path.filename();
  std::error_code ignored;
  if (name.empty() || name == ".") name = fs::absolute(path, ignored).parent_path().filename();
  return ResolvedModel{path, name.string(), "", "local"};
}

Result<Catalogue> read_catalogue(const fs::path& path, const Catalogue& known) {
  const auto read = [&]() -> Result<Catalogue> {
    HANOK_TRY(const std::string text, read_small_file(path));
    return Catalogue::parse(text, path.string(), &known);
  };
  auto user = read();
  if (!user && user.error().hint.empty())
    user.error().hint = in_language("파일을 고치거나 지우세요", "repair or remove the file");
  return user;
}

// Up to three models that run and may be used freely, Korean ones first behind the default.
std::string models_that_run(const Catalogue& catalogue) {
  std::string names = "default";
  int n_named = 1;
  for (const CatalogueEntry& entry : catalogue.entries()) {
    if (!entry.supported || !entry.korean || entry.licence.kind != LicenceKind::kFree || n_named == 3) continue;
    names += ", " + entry.name;
    ++n_named;
  }
  return names;
}

// Nothing is fetched that cannot be run, unless the person wants it so.
Status check_supported(const Plan& plan, const Catalogue& catalogue, const PullOptions& options) {
  if (plan.entry == nullptr || plan.entry->supported || options.take_unsupported) return {};
  if (options.ask_unsupported && options.ask_unsupported(*plan.entry)) return {};
  return fail(ErrorKind::kUnsupported,
              in_language("이 판에서는 실행할 수 없는 모델입니다", "this version cannot run this model"), plan.name, "",
              fmt::format(fmt::runtime(in_language("계열 {}", "family {}")), plan.entry->family),
              fmt::format(fmt::runtime(in_language(
                              "실행할 수 있는 모델: {} (hanok list --all). 그래도 받으려면 hanok pull {} --force",
                              "models that run: {} (hanok list --all); to get it all the same: "
                              "hanok pull {} --force")),
                          models_that_run(catalogue), plan.name));
}

Error unknown_model(std::string_view model, const Catalogue& catalogue) {
  if (looks_like_path(model))
    return Error{ErrorKind::kNotFound, in_language("그런 파일이나 폴더가 없습니다", "no such file or folder"),
                 std::string(model)};
  if (model.empty())
    return Error{ErrorKind::kInvalidInput, in_language("모델 이름이 비어 있습니다", "no model named"), "MODEL",
                 in_language("경로나 이름", "a path or a name"), "\"\""};
  std::string near;
  for (const auto& name : catalogue.similar(model)) near += (near.empty() ? "" : ", ") + name;
  return Error{
      ErrorKind::kNotFound,
      in_language("그런 모델이 없습니다", "no such model"),
      std::string(model),
      in_language("경로, 목록의 이름, hf:소유자/이름, pypi:…", "a path, a catalogue name, hf:owner/name or pypi:…"),
      "",
      near.empty() ? in_language("hanok list --all이 목록을 보입니다", "hanok list --all shows the catalogue")
                   : fmt::format(fmt::runtime(in_language("혹시 {}?", "did you mean {}?")), near)};
}

}  // namespace

Error Hub::unknown(std::string_view model) const {
  if (catalogue_error_ && !model.empty() && !looks_like_path(model)) return *catalogue_error_;  // it may be named there
  return unknown_model(model, catalogue_);
}

Result<Hub> Hub::open() {
  HANOK_TRY(const fs::path data, xdg_folder("XDG_DATA_HOME", ".local/share"));
  HANOK_TRY(const fs::path config, xdg_folder("XDG_CONFIG_HOME", ".config"));
  return open_at(data / "hanok", config / "hanok");
}

Result<Hub> Hub::open_at(const fs::path& data, const fs::path& config) {
  HANOK_TRY(Catalogue catalogue, Catalogue::built_in());
  const fs::path own = config / "catalogue.json";
  std::optional<Error> wrong;
  std::error_code ignored;
  if (fs::exists(own, ignored)) {
    auto user = read_catalogue(own, catalogue);
    if (user) catalogue.overlay(std::move(*user));
    if (!user) wrong = std::move(user.error());
  }
  Hub hub(data, std::move(catalogue));
  hub.catalogue_error_ = std::move(wrong);
  return hub;
}

Result<ResolvedModel> Hub::resolve(std::string_view model, const PullOptions& options) const {
  const bool in_catalogue = catalogue_.find(model) != nullptr;
  if (!in_catalogue || looks_like_path(model)) {
    if (const auto path = existing_path(model)) return local_model(*path);
  }
  auto plan = make_plan(model, catalogue_, models_folder());
  if (!plan) return tl::unexpected(plan.error());
  if (!*plan) return fail(unknown(model));
  Plan& todo = **plan;
  const fs::path folder = models_folder() / todo.name;
  const auto check = [&](const CatalogueLicence& licence) {
    return check_licence(data_, todo.name, todo.other_names, licence, options);
  };
  const auto use_stored = [&]() -> Result<ResolvedModel> {
    HANOK_TRY(const Manifest manifest, read_manifest(folder));
    HANOK_RETURN_IF_ERROR(check_files(folder, manifest));
    CatalogueLicence licence = todo.licence;
    if (licence.name.empty()) {
      licence.name = manifest.licence;
      licence.kind = manifest.licence_kind;
    }
    HANOK_RETURN_IF_ERROR(check(licence));
    return resolved(stored_model(folder, manifest));
  };
  if (!options.refresh) {
    auto stored = use_stored();
    if (stored || stored.error().kind == ErrorKind::kRefused) return stored;
    if (options.offline && stored.error().kind != ErrorKind::kNotFound) return stored;
  }
  HANOK_RETURN_IF_ERROR(check_supported(todo, catalogue_, options));
  if (options.offline) {
    return fail(ErrorKind::kNotFound, in_language("이 기계에 없는 모델입니다", "the model is not on this machine"),
                std::string(model), {}, {}, fmt::format("hanok pull {}", model));
  }
  HANOK_RETURN_IF_ERROR(check(todo.licence));
  HANOK_RETURN_IF_ERROR(make_folders(data_ / "locks"));
  HANOK_TRY(const FileLock lock, FileLock::acquire(data_ / "locks" / (todo.name + ".lock"), options.cancel, [&] {
              if (options.on_note)
                options.on_note(fmt::format(fmt::runtime(in_language("다른 hanok이 {}을(를) 받는 중이라 기다립니다",
                                                                     "another hanok is pulling {}: waiting for it")),
                                            todo.name));
            }));
  if (!options.refresh) {
    if (auto stored = use_stored()) return stored;  // pulled by the other one meanwhile
  }
  HANOK_TRY(const Manifest manifest, pull(todo, folder, options, check));
  return resolved(stored_model(folder, manifest));
}

Result<std::vector<StoredModel>> Hub::list() const {
  std::vector<StoredModel> models;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(models_folder(), error)) {
    if (const auto manifest = read_manifest(item.path())) models.push_back(stored_model(item.path(), *manifest));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(ErrorKind::kIo, in_language("모델 폴더를 읽을 수 없습니다", "cannot read the folder of the models"),
                models_folder().string(), "", error.message(),
                in_language("XDG_DATA_HOME을 쓸 수 있는 폴더로 정하세요",
                            "set XDG_DATA_HOME to a folder that you can write to"));
  }
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

Result<ModelDescription> Hub::describe(std::string_view model) const {
  ModelDescription description;
  const bool in_catalogue = catalogue_.find(model) != nullptr;
  if (const auto path = existing_path(model); path && (!in_catalogue || looks_like_path(model))) {
    description.name = local_model(*path).name;
    description.path = *path;
    return description;
  }
  auto plan = make_plan(model, catalogue_, models_folder());
  if (!plan) return tl::unexpected(plan.error());
  if (!*plan) return fail(unknown(model));
  const Plan& todo = **plan;
  description.name = todo.name;
  if (const CatalogueEntry* entry = catalogue_.find(todo.name)) description.entry = *entry;
  const fs::path folder = models_folder() / todo.name;
  if (const auto manifest = read_manifest(folder)) {
    description.stored = stored_model(folder, *manifest);
    description.path = description.stored->path;
    if (todo.licence.name.empty() && manifest->licence_kind != LicenceKind::kFree) {
      description.licence_accepted = licence_accepted(data_, todo.name, manifest->licence);
    }
  }
  if (needs_acceptance(todo.licence))
    description.licence_accepted = licence_accepted(data_, todo.name, todo.licence.name);
  return description;
}

Result<uint64_t> Hub::remove(std::string_view model) const {
  HANOK_TRY(const auto plan, make_plan(model, catalogue_, models_folder()));
  std::error_code ignored;
  if (!plan || !fs::exists(models_folder() / plan->name, ignored)) {
    return fail(ErrorKind::kNotFound, in_language("받은 모델 가운데 없습니다", "no such stored model"),
                std::string(model), {}, {},
                in_language("hanok list가 받은 모델을 보입니다", "hanok list shows what is stored"));
  }
  HANOK_RETURN_IF_ERROR(make_folders(data_ / "locks"));
  HANOK_TRY(const FileLock lock, FileLock::try_acquire(data_ / "locks" / (plan->name + ".lock")));
  const fs::path folder = models_folder() / plan->name;
  const uint64_t n_bytes = tree_bytes(folder);
  HANOK_RETURN_IF_ERROR(remove_tree(folder));
  return n_bytes;
}

Result<CacheReport> Hub::cache_report() const {
  CacheReport report;
  report.root = data_;
  std::error_code error;
  for (const auto& model : fs::directory_iterator(models_folder(), error)) {
    const std::string name = model.path().filename().string();
    const bool finished = read_manifest(model.path()).has_value();
    const uint64_t n_all = tree_bytes(model.path());
    const fs::path partial = model.path() / "partial";
    uint64_t n_rejected = 0;
    std::error_code inner;
    for (const auto& item : fs::directory_iterator(partial, inner)) {
      if (item.path().extension() != ".rejected") continue;
      n_rejected += file_bytes(item.path());
      report.items.push_back(CacheItem{item.path(), name, "rejected", file_bytes(item.path())});
    }
    const uint64_t n_partial = (finished ? tree_bytes(partial) : n_all) - n_rejected;
    if (n_partial > 0) report.items.push_back(CacheItem{finished ? partial : model.path(), name, "partial", n_partial});
    report.model_bytes += n_all - n_partial - n_rejected;
    report.partial_bytes += n_partial;
    report.rejected_bytes += n_rejected;
  }
  return report;
}

Result<uint64_t> Hub::cache_clean() const {
  uint64_t n_freed = 0;
  HANOK_TRY(const CacheReport report, cache_report());
  HANOK_RETURN_IF_ERROR(make_folders(data_ / "locks"));
  std::set<std::string> names;
  for (const auto& item : report.items) names.insert(item.model);
  for (const auto& name : names) {
    const auto lock = FileLock::try_acquire(data_ / "locks" / (name + ".lock"));
    if (!lock && lock.error().kind == ErrorKind::kLimit) continue;  // being pulled right now
    if (!lock) return tl::unexpected(lock.error());
    const fs::path folder = models_folder() / name;
    const bool finished = read_manifest(folder).has_value();
    const fs::path target = finished ? folder / "partial" : folder;
    n_freed += tree_bytes(target);
    HANOK_RETURN_IF_ERROR(remove_tree(target));
  }
  return n_freed;
}

}  // namespace hanok
