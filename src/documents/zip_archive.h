// ZIP archives of documents, read from memory within bounds.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct zip;

namespace hanok {

class ZipArchive {
 public:
  // Reads the list of members; `bytes` must outlive the archive. Errors: kCorruptFile, kLimit.
  static Result<ZipArchive> open(std::string_view bytes, const std::string& where);

  bool has(const std::string& name) const { return members_.contains(name); }
  // The member, inflated. Errors: kNotFound, kCorruptFile, kPassword for encrypted ones, kLimit for one that is too
  // large, grows beyond belief, or makes all that was read too much.
  Result<std::string> read(const std::string& name);

 private:
  struct Close {
    void operator()(struct zip* archive) const;
  };
  std::unique_ptr<struct zip, Close> archive_;
  std::map<std::string, uint64_t> members_;  // the first of each name
  std::string where_;
  uint64_t n_bytes_left_ = 0;
};

}  // namespace hanok
