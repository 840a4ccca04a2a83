// Hugging Face repositories and their mirrors, spoken to directly: what a repository holds, and its files, resumably.
#pragma once

#include <string>
#include <vector>

#include "hub/pull.h"

namespace hanok {

// One file of a repository at a fixed commit.
struct HfFile {
  std::string path;
  uint64_t n_bytes = 0;  // 0: not known
  std::string sha256;    // of large files; else empty
};

struct HfRepository {
  std::string commit;   // empty when the server does not say
  std::string licence;  // the card's licence name; empty when it does not say
  std::vector<HfFile> files;
};

// The server: $HF_ENDPOINT or https://huggingface.co, without a trailing slash.
std::string hf_endpoint();

// What the repository holds. Errors: kRefused (401, 403), kNotFound, kNetwork, kCorruptFile.
Result<HfRepository> hf_repository(const HfSource& source, const PullContext& context);

// Which of the repository's files make the model: the file asked for (with all its parts when it is split), the
// config, tokenizer and weights of a safetensors folder, or its only GGUF file. Errors: kNotFound, kUnsupported.
Result<std::vector<HfFile>> hf_select(const HfRepository& repository, const HfSource& source);

// Fetches the files into context.partial under their base names and checks them; what is there already is kept.
// Errors: as above, and kRefused for a wrong checksum.
Result<std::vector<StoredFile>> hf_fetch(const HfSource& source, const std::string& commit,
                                         const std::vector<HfFile>& files, const PullContext& context);

// Size and checksum the server announces for one file, asked within seconds; redirects to other hosts are not followed.
struct HfProbe {
  std::string commit;
  std::string etag;      // identity of the content
  std::string sha256;    // empty unless the server tells it
  uint64_t n_bytes = 0;  // 0: not known
};
Result<HfProbe> hf_probe(const HfSource& source, const std::string& revision, const std::string& file,
                         const PullContext& context);

// Free, special or non-commercial, from the name on a model card.
LicenceKind classify_licence(std::string_view name);

}  // namespace hanok
