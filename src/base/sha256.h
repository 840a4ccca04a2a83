// SHA-256 of bytes that arrive piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_md_ctx_st;

namespace hanok {

class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  // A second hash that continues from here.
  Sha256 copy() const;
  // Of everything so far; call one of them, once. finish() writes it in lower-case hex.
  std::array<uint8_t, 32> digest();
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Hashes a whole file; `on_bytes` hears how much was read so far and stops it by returning false (kInterrupted).
Result<std::array<uint8_t, 32>> digest_of_file(const std::filesystem::path& path,
                                               const std::function<bool(uint64_t)>& on_bytes = {});
// The same in lower-case hex.
Result<std::string> sha256_of_file(const std::filesystem::path& path,
                                   const std::function<bool(uint64_t)>& on_bytes = {});

// True for 64 lower-case hex digits.
bool is_sha256_hex(std::string_view text);

}  // namespace hanok
