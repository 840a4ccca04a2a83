#include "search/folder_watch.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>

#include <poll.h>
#include <sys/inotify.h>
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
    if (fs::is_directory(path, error)) {
      HANOK_RETURN_IF_ERROR(watch.watch_folder(path, true));
    } else {
      watch.files_.insert(path);
      HANOK_RETURN_IF_ERROR(watch.watch_folder(fs::path(path).parent_path().string(), false));
    }
  }
  return watch;
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
    deep_.erase(folder);
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
    HANOK_TRY(const bool any, take_events());
    const Clock::time_point now = Clock::now();
    if (any && !changed_.empty()) {
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
