// Fuzzes what opens documents with passwords: the first byte chooses Office's agile encryption, its standard one or HWP
// 3.0's; two bytes say how long the first of two streams is.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../tests/documents/hwp_writer.h"
#include "documents/bytes.h"
#include "documents/hwp3_crypt.h"
#include "documents/office_agile.h"
#include "documents/office_standard.h"
#include "documents/reader.h"

namespace {

constexpr uint32_t kMaxRounds = 2000;  // of agile encryption; its own bound takes seconds
constexpr std::string_view kPassword("x\0", 2);

void read_agile(const hanok::AgileLock& lock, const std::string& package) {
  if (const auto key = lock.key_of(kPassword); key && *key) (void)lock.open(package, **key);
}

// With a key of the size that the stream says: one of a password takes 50,000 rounds.
void read_standard(const std::string& info, const std::string& package) {
  constexpr size_t kKeyBitsAt = 28;
  const auto lock = hanok::StandardLock::read(info, "a");
  if (lock) (void)lock->open(package, std::string(hanok::read_u32(info, kKeyBitsAt) / 8, 'k'));
}

void read_as_file(const std::string& info, const std::string& package) {
  hanok::testing::CompoundWriter writer;
  writer.add("EncryptionInfo", info);
  writer.add("EncryptedPackage", package);
  (void)hanok::read_document(writer.bytes(), "a", {.password = "x"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  if (n_bytes < 3) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, n_bytes - 3);
  const size_t n_first = std::min<size_t>(data[1] | data[2] << 8, bytes.size());
  const std::string first(bytes.substr(0, n_first)), second(bytes.substr(n_first));
  if (data[0] % 3 == 2) {
    (void)hanok::unlock_hwp3_body(bytes, "x", "a");
    return 0;
  }
  if (data[0] % 3 == 1) {
    read_standard(first, second);
    return 0;
  }
  const auto lock = hanok::AgileLock::read(first, "a");
  if (lock && lock->n_rounds() > kMaxRounds) return 0;
  if (lock) read_agile(*lock, second);
  if (!hanok::StandardLock::read(first, "a")) read_as_file(first, second);
  return 0;
}
