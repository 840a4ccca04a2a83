// Tells which folders changed, as the system reports it (inotify).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/result.h"

namespace hanok {

class FolderWatch {
 public:
  // Watches the folders with all below them, and the files. Errors: kIo; kLimit where the system allows no more.
  static Result<FolderWatch> open(const std::vector<std::string>& paths);

  // Waits until something changed and nothing more has for a moment. Folders with changes, none below another, and
  // watched files; nothing once going_on, which is asked several times a second, says no. Errors: kIo, kLimit.
  Result<std::vector<std::string>> wait(const std::function<bool()>& going_on);

 private:
  FolderWatch() = default;
  // A folder that is watched whatever becomes of it: moved away and made anew, deleted, mounted later.
  struct Root {
    std::string path;
    bool is_deep = false;
    uint64_t device = 0, inode = 0;  // of the folder that is watched; 0: it is not there
  };
  void add_root(const std::string& path, bool is_deep);
  Status look_after_roots(bool tells);
  void forget(const Root& root);
  Status watch_folder(const std::string& folder, bool deep);
  Status watch_one(const std::string& folder);
  Result<bool> take_events();
  Status take_event(int watch, uint32_t what, const std::string& name);

  Descriptor inotify_;
  std::vector<std::string> paths_;
  std::vector<Root> roots_;
  std::set<std::string> files_;         // watched by name in their folders
  std::map<int, std::string> watched_;  // folders by the system's number
  std::set<std::string> deep_;          // folders of which all is watched
  std::set<std::string> changed_;
};

}  // namespace hanok
