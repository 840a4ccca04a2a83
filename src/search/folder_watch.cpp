#include "search/folder_watch.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/locale.h"
#include "search/file_walk.h"

namespace hanok {
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kQuiet = std::chrono::milliseconds(500);
constexpr auto kLongest = std::chrono::seconds(10);  // of waiting for quiet
constexpr int kPollMs = 200;
constexpr uint32_t kEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF |
                             IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW;

tl::unexpected<Error> cannot_watch(const std::string& path, int code) {
  const bool is_limit = code == ENOSPC || code == EMFILE;
  return fail(
      is_limit ? ErrorKind::kLimit : ErrorKind::kIo, in_language("지켜볼 수 없습니다", "cannot watch"), path, "",
      std::generic_category().message(code),
      is_limit ? in_language("fs.inotify.max_user_watches를 늘리세요", "raise fs.inotify.max_user_watches") : "");
}

}  // namespace

Result<FolderWatch> FolderWatch::open(const std::vector<std::string>& paths) {
  FolderWatch watch;
  watch.inotify_ = Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watch.inotify_.get() < 0) return cannot_watch("inotify", errno);
  watch.paths_ = paths;
  for (const std::string& path : paths) {
    std::error_code error;
    watch.add_root(path, true);
    if (fs::is_directory(path, error)) continue;
    watch.files_.insert(path);
    watch.add_root(fs::path(path).parent_path().string(), false);
  }
  HANOK_RETURN_IF_ERROR(watch.look_after_roots(false));
  return watch;
}

void FolderWatch::add_root(const std::string& path, bool is_deep) {
  Root root;
  root.path = path;
  root.is_deep = is_deep;
  roots_.push_back(std::move(root));
}

void FolderWatch::forget(const Root& root) {
  for (auto it = watched_.begin(); it != watched_.end();) {
    const bool is_its = root.is_deep ? is_at_or_below(it->second, root.path) : it->second == root.path;
    if (is_its) ::inotify_rm_watch(inotify_.get(), it->first);
    it = is_its ? watched_.erase(it) : std::next(it);
  }
}

// Watches the folders that now stand under the roots' names; what was there before is forgotten.
Status FolderWatch::look_after_roots(bool tells) {
  for (Root& root : roots_) {
    struct stat info {};
    const bool is_there = ::stat(root.path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    const uint64_t device = is_there ? info.st_dev : 0, inode = is_there ? info.st_ino : 0;
    if (device == root.device && inode == root.inode) continue;
    forget(root);
    root.device = device;
    root.inode = inode;
    if (!is_there) continue;
    HANOK_RETURN_IF_ERROR(watch_folder(root.path, root.is_deep));
    if (!tells) continue;
    if (root.is_deep) changed_.insert(root.path);
    for (const std::string& file : files_)
      if (fs::path(file).parent_path() == root.path) changed_.insert(file);
  }
  return {};
}

Status FolderWatch::watch_one(const std::string& folder) {
  const int number = ::inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
  if (number >= 0) {
    watched_[number] = folder;
    return {};
  }
  if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};  // gone again, a link, or not ours to read
  return cannot_watch(folder, errno);
}

Status FolderWatch::watch_folder(const std::string& folder, bool deep) {
  std::vector<std::string> folders{folder};
  while (!folders.empty()) {
    const std::string here = std::move(folders.back());
    folders.pop_back();
    HANOK_RETURN_IF_ERROR(watch_one(here));
    if (!deep) return {};
    deep_.insert(here);
    std::error_code error;
    for (fs::directory_iterator it(here, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      const bool is_hidden = it->path().filename().string().starts_with('.');
      if (!is_hidden && fs::is_directory(it->symlink_status(ignored))) folders.push_back(it->path().string());
    }
  }
  return {};
}

Status FolderWatch::take_event(int watch, uint32_t what, const std::string& name) {
  if ((what & IN_Q_OVERFLOW) != 0) {  // some were lost: anything may have changed
    changed_.insert(paths_.begin(), paths_.end());
    return {};
  }
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return {};
  const std::string folder = found->second;
  if ((what & IN_IGNORED) != 0) {
    watched_.erase(found);
    const bool is_anew =
        std::any_of(watched_.begin(), watched_.end(), [&](const auto& w) { return w.second == folder; });
    if (!is_anew) deep_.erase(folder);
    return {};
  }
  const std::string path = name.empty() ? folder : (fs::path(folder) / name).string();
  if (files_.contains(path)) changed_.insert(path);
  if (!deep_.contains(folder) || name.starts_with('.')) return {};
  changed_.insert(folder);
  const bool is_new_folder = (what & IN_ISDIR) != 0 && (what & (IN_CREATE | IN_MOVED_TO)) != 0;
  return is_new_folder ? watch_folder(path, true) : Status();
}

// Whether there was any.
Result<bool> FolderWatch::take_events() {
  alignas(inotify_event) char buffer[64 << 10];
  bool any = false;
  while (true) {
    const ssize_t n = ::read(inotify_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return cannot_watch("inotify", errno);
    if (n <= 0) return any;
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      HANOK_RETURN_IF_ERROR(take_event(event->wd, event->mask, event->len > 0 ? std::string(event->name) : ""));
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      any = true;
    }
  }
}

Result<std::vector<std::string>> FolderWatch::wait(const std::function<bool()>& going_on) {
  Clock::time_point first{}, last{};
  while (going_on()) {
    pollfd waited{inotify_.get(), POLLIN, 0};
    ::poll(&waited, 1, kPollMs);
    const size_t n_changed = changed_.size();
    HANOK_TRY(const bool any, take_events());
    HANOK_RETURN_IF_ERROR(look_after_roots(true));
    const Clock::time_point now = Clock::now();
    if ((any && !changed_.empty()) || changed_.size() > n_changed) {
      if (first == Clock::time_point{}) first = now;
      last = now;
    }
    if (changed_.empty() || (now - last < kQuiet && now - first < kLongest)) continue;
    std::vector<std::string> out;
    for (const std::string& path : changed_)
      if (std::none_of(out.begin(), out.end(), [&](const std::string& o) { return is_at_or_below(path, o); }))
        out.push_back(path);
    changed_.clear();
    return out;
  }
  return std::vector<std::string>();
}

}  // namespace hanok
