// What the hub's tests share: a fresh store, environment variables put back afterwards, wheels made on the spot.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

#include "base/sha256.h"
#include "hub/hub.h"
#include "scratch.h"

namespace hanok::testing {

class ScopedEnv {
 public:
  ScopedEnv(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* old = std::getenv(name_.c_str())) old_ = old;
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  ~ScopedEnv() {
    if (old_) {
      ::setenv(name_.c_str(), old_->c_str(), 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }

 private:
  std::string name_;
  std::optional<std::string> old_;
};

inline std::string sha256_of(const std::string& text) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(text)));
  return sha.finish();
}

// Bytes that look random, the same every time, behind the header of a GGUF file without keys and tensors.
inline std::string weights(size_t n_bytes, uint32_t seed = 1) {
  std::string bytes(n_bytes, '\0');
  for (char& c : bytes) {
    seed = seed * 1664525u + 1013904223u;
    c = static_cast<char>(seed >> 24);
  }
  const std::string header = std::string("GGUF\3\0\0\0", 8) + std::string(16, '\0');
  return bytes.replace(0, header.size(), header);
}

inline void make_wheel(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, std::string>>& members) {
  std::filesystem::create_directories(path.parent_path());
  int code = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  ASSERT_NE(archive, nullptr);
  for (const auto& [name, text] : members) {
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    ASSERT_GE(zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE | ZIP_FL_ENC_UTF_8), 0);
  }
  ASSERT_EQ(zip_close(archive), 0);
}

// A store in a fresh folder with a catalogue of its own.
struct Store {
  Scratch folder;
  ScopedEnv home{"HOME", folder.path().string()};
  ScopedEnv no_token{"HF_TOKEN", ""};

  Hub open(const std::string& catalogue = {}) const {
    if (!catalogue.empty()) write_file(folder.path() / "config" / "catalogue.json", catalogue);
    auto hub = Hub::open_at(folder.path() / "data", folder.path() / "config");
    if (!hub) ADD_FAILURE() << hub.error().to_string();
    return std::move(*hub);
  }
  std::filesystem::path models() const { return folder.path() / "data" / "models"; }
};

}  // namespace hanok::testing
