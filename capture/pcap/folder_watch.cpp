#include "capture/pcap/folder_watch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace dnstorm::capture::pcap {

namespace fs = std::filesystem;

namespace {

// A folder that is renamed is an event like that of a file, and so is a pipe that is closed.
bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// Whether somebody has the file open for writing: only then a read lease is refused (fcntl(2)). Who
// may not ask, because the file is another user's, takes it as complete.
bool being_written(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  bool written = ::fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
  if (!written) ::fcntl(fd, F_SETLEASE, F_UNLCK);
  ::close(fd);
  return written;
}

}  // namespace

FolderWatch::FolderWatch(FolderWatch&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      folder_(std::move(other.folder_)),
      pattern_(std::move(other.pattern_)),
      told_(std::move(other.told_)),
      moved_from_(std::move(other.moved_from_)),
      listed_(other.listed_),
      gone_(other.gone_) {}

FolderWatch::~FolderWatch() {
  if (fd_ >= 0) ::close(fd_);
}

Result<FolderWatch> FolderWatch::open(const std::string& where) {
  std::string folder = where, pattern;
  std::error_code ignored;
  if (!fs::is_directory(where, ignored)) {
    pattern = fs::path(where).filename();
    folder = fs::path(where).parent_path();
    if (folder.empty()) folder = ".";
  }
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: cannot be watched: {}", where, std::strerror(errno)), "watch"};
  FolderWatch watch(fd, folder, pattern);
  constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (inotify_add_watch(fd, folder.c_str(), events) < 0)
    return Error{errno == EACCES ? ErrorKind::permission : ErrorKind::no_input,
                 fmt::format("{}: cannot be watched: {}", folder, std::strerror(errno)), "watch"};
  return watch;
}

bool FolderWatch::wanted(const std::string& name) const {
  if (name.empty() || name.front() == '.' || name.ends_with(".tmp") || name.ends_with(".part"))
    return false;
  return pattern_.empty() || fnmatch(pattern_.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

void FolderWatch::take(const std::string& name, Changes& out) {
  if (wanted(name) && told_.insert(name).second) out.complete.push_back(path(name));
}

void FolderWatch::leave(const std::string& name, Changes& out) {
  if (told_.erase(name) == 0) return;
  // Nobody has heard yet of a file that came since the last call, nor of its new name.
  if (std::erase(out.complete, path(name)) != 0) return;
  std::string known = path(name);
  for (std::size_t i = out.renamed.size(); i-- > 0;) {
    if (out.renamed[i].to != known) continue;
    known = out.renamed[i].from;
    out.renamed.erase(out.renamed.begin() + static_cast<std::ptrdiff_t>(i));
  }
  out.gone.push_back(known);
}

void FolderWatch::rename(const std::string& from, const std::string& to, Changes& out) {
  leave(to, out);  // what had the name before
  bool heard =
      told_.contains(from) && std::ranges::find(out.complete, path(from)) == out.complete.end();
  if (!heard || !wanted(to)) {
    leave(from, out);
    if (is_file(path(to))) take(to, out);
    return;
  }
  told_.erase(from);
  told_.insert(to);
  out.renamed.push_back({path(from), path(to)});
}

// What is there and what is gone, as if nothing had been told of it by an event.
void FolderWatch::list(Changes& out) {
  std::vector<std::string> names;
  std::error_code problem;
  for (fs::directory_iterator it(folder_, problem), end; !problem && it != end;
       it.increment(problem))
    if (is_file(it->path())) names.push_back(it->path().filename());
  std::ranges::sort(names);
  for (const std::string& name : std::set<std::string>(told_))
    if (!std::ranges::binary_search(names, name)) leave(name, out);
  for (const std::string& name : names)
    if (wanted(name) && !being_written(path(name))) take(name, out);
}

// It went to another folder.
void FolderWatch::end_move(Changes& out) {
  if (moved_from_) leave(moved_from_->name, out);
  moved_from_.reset();
}

void FolderWatch::take_events(const char* buffer, std::size_t size, Changes& out) {
  for (std::size_t at = 0; at < size;) {
    inotify_event event;
    std::memcpy(&event, buffer + at, sizeof event);
    std::string name(event.len == 0 ? "" : buffer + at + sizeof event);
    at += sizeof event + event.len;
    // The two events of a move follow each other, save for a rare case that is told as two files.
    if (moved_from_ && !(event.mask & IN_MOVED_TO && event.cookie == moved_from_->cookie))
      end_move(out);
    if (event.mask & IN_Q_OVERFLOW) list(out);  // some events are lost
    if (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) gone_ = true;
    if (event.mask & IN_CLOSE_WRITE && is_file(path(name))) take(name, out);
    if (event.mask & IN_DELETE) leave(name, out);
    if (event.mask & IN_MOVED_TO) {
      rename(moved_from_.value_or(Move{}).name, name, out);
      moved_from_.reset();
    }
    if (event.mask & IN_MOVED_FROM) moved_from_ = Move{event.cookie, name};
  }
}

Result<FolderWatch::Changes> FolderWatch::changes(DurationNs wait) {
  Changes out;
  if (!listed_) {
    listed_ = true;
    list(out);
    if (!out.complete.empty()) return out;
  }
  timespec longest{wait / ns_per_s, wait % ns_per_s};
  pollfd waiting{fd_, POLLIN, 0};
  ::ppoll(&waiting, 1, &longest, nullptr);
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    ssize_t got = ::read(fd_, buffer, sizeof buffer);
    if (got <= 0) break;
    take_events(buffer, static_cast<std::size_t>(got), out);
  }
  end_move(out);
  if (gone_)
    return Error{ErrorKind::io, fmt::format("{}: the folder is gone", folder_), "watch"};
  return out;
}

}  // namespace dnstorm::capture::pcap
