// What a running pull carries: where it writes, whom it tells, whether it was asked to stop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "hub/hub.h"

namespace hanok {

struct PullContext {
  const PullOptions& options;
  std::string name;               // of the model
  std::filesystem::path partial;  // folder of what is not finished; exists
  bool has_other_source = false;  // one that is asked when this one fails

  bool cancelled() const { return options.cancel != nullptr && options.cancel->load(); }
  void note(const std::string& text) const {
    if (options.on_note) options.on_note(text);
  }
  void report(std::string_view source, std::string_view item, uint64_t done, uint64_t total) const {
    if (options.on_progress) options.on_progress(PullProgress{name, source, item, done, total});
  }
};

inline tl::unexpected<Error> interrupted(const std::string& where) {
  return fail(ErrorKind::kInterrupted, in_language("멈췄습니다", "stopped"), where, {}, {},
              in_language("같은 명령을 다시 내리면 이어집니다", "run the same command again: it continues"));
}

// Sets a file that failed its checksum aside as "<name>.rejected" and returns the error that says so.
tl::unexpected<Error> reject_file(const std::filesystem::path& path, const std::string& expected,
                                  const std::string& got);

}  // namespace hanok
