// Finds a model where it is kept, or pulls it from the first of its sources that gives it.
#include "hub/hub.h"

#include <algorithm>

#include <fmt/format.h>

#include "hub/disk.h"
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

Error unknown_model(std::string_view model, const Catalogue& catalogue) {
  if (looks_like_path(model)) return Error{ErrorKind::kNotFound, "no such file or folder", std::string(model)};
  if (model.empty()) return Error{ErrorKind::kInvalidInput, "no model named", "MODEL", "a path or a name", "\"\""};
  std::string near;
  for (const auto& name : catalogue.similar(model)) near += (near.empty() ? "" : ", ") + name;
  return Error{ErrorKind::kNotFound,
               "no such model",
               std::string(model),
               "a path, a catalogue name, hf:owner/name or pypi:…",
               "",
               near.empty() ? "hanok list --all shows the catalogue" : "did you mean " + near + "?"};
}

}  // namespace

Result<Hub> Hub::open() {
  HANOK_TRY(const fs::path data, xdg_folder("XDG_DATA_HOME", ".local/share"));
  HANOK_TRY(const fs::path config, xdg_folder("XDG_CONFIG_HOME", ".config"));
  return open_at(data / "hanok", config / "hanok");
}

Result<Hub> Hub::open_at(const fs::path& data, const fs::path& config) {
  HANOK_TRY(Catalogue catalogue, Catalogue::built_in());
  const fs::path own = config / "catalogue.json";
  std::error_code ignored;
  if (fs::exists(own, ignored)) {
    HANOK_TRY(const std::string text, read_small_file(own));
    auto user = Catalogue::parse(text, own.string(), &catalogue);
    if (!user && user.error().hint.empty()) user.error().hint = "repair or remove the file";
    if (!user) return tl::unexpected(std::move(user.error()));
    catalogue.overlay(std::move(*user));
  }
  return Hub(data, std::move(catalogue));
}

Result<ResolvedModel> Hub::resolve(std::string_view model, const PullOptions& options) const {
  const bool in_catalogue = catalogue_.find(model) != nullptr;
  if (!in_catalogue || looks_like_path(model)) {
    if (const auto path = existing_path(model)) return local_model(*path);
  }
  auto plan = make_plan(model, catalogue_, models_folder());
  if (!plan) return tl::unexpected(plan.error());
  if (!*plan) return fail(unknown_model(model, catalogue_));
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
  if (options.offline) {
    return fail(ErrorKind::kNotFound, "the model is not on this machine", std::string(model), {}, {},
                fmt::format("hanok pull {}", model));
  }
  HANOK_RETURN_IF_ERROR(check(todo.licence));
  HANOK_RETURN_IF_ERROR(make_folders(data_ / "locks"));
  HANOK_TRY(const FileLock lock, FileLock::acquire(data_ / "locks" / (todo.name + ".lock"), options.cancel, [&] {
              if (options.on_note) options.on_note("another hanok is pulling " + todo.name + ": waiting for it");
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
    return fail(ErrorKind::kIo, "cannot read the folder of the models", models_folder().string(), "", error.message(),
                "set XDG_DATA_HOME to a folder that you can write to");
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
  if (!*plan) return fail(unknown_model(model, catalogue_));
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
    return fail(ErrorKind::kNotFound, "no such stored model", std::string(model), {}, {},
                "hanok list shows what is stored");
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
