// A hash that is the same in every run and on every machine; not for what somebody might forge.
#pragma once

#include <cstdint>
#include <string_view>

namespace hanok {

inline constexpr uint64_t kFnv1aStart = 0xcbf29ce484222325u;

// FNV-1a of the bytes, going on from `hash`.
inline uint64_t fnv1a(std::string_view bytes, uint64_t hash = kFnv1aStart) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace hanok
