#include "cluster/node/home.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "cluster/node/agent.hpp"

namespace dnstorm::cluster {

namespace {

Error failed(const std::string& path, const char* what) {
  return {ErrorKind::io, fmt::format("{}: {}: {}", path, what, std::strerror(errno)), "folder"};
}

Result<int> open_lock(const std::string& path) {
  constexpr mode_t mode = 0600;
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (file < 0) return failed(path, "cannot be opened");
  return file;
}

// The kernel kills workers when their node's process ends; the moment that it takes is waited for.
Result<void> wait_for_workers(const std::string& path) {
  int file = DNSTORM_TRY(open_lock(path));
  int locked = ::flock(file, LOCK_EX);
  ::close(file);
  if (locked != 0) return failed(path, "cannot be locked");
  return {};
}

std::string new_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

// Synced: a start that is forgotten would be counted twice.
Result<void> write_synced(const std::string& path, const std::string& text) {
  std::string temporary = path + ".new";
  constexpr mode_t mode = 0600;
  int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return failed(temporary, "cannot be opened");
  bool good = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
              ::fsync(file) == 0;
  good = ::close(file) == 0 && good;
  if (!good || ::rename(temporary.c_str(), path.c_str()) != 0)
    return failed(path, "cannot be written");
  return {};
}

}  // namespace

std::string worker_lock_file(const std::string& folder) { return folder + "/workers.lock"; }

Result<NodeHome> NodeHome::open(const std::string& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code)
    return Error{ErrorKind::io, fmt::format("{}: cannot be made: {}", folder, code.message()),
                 "folder"};
  NodeHome home;
  home.lock_ = DNSTORM_TRY(open_lock(folder + "/node.lock"));
  if (::flock(home.lock_, LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: another node runs in it: end that, or give this one a folder of "
                             "its own (--folder)",
                             folder),
                 "folder"};
  DNSTORM_CHECK(wait_for_workers(worker_lock_file(folder)));
  std::string file = folder + "/starts";
  std::ifstream(file) >> home.id_ >> home.start_;
  if (home.id_.empty()) home.id_ = new_id();
  ++home.start_;
  DNSTORM_CHECK(write_synced(file, fmt::format("{} {}\n", home.id_, home.start_)));
  return home;
}

NodeHome::NodeHome(NodeHome&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)), id_(std::move(other.id_)), start_(other.start_) {}

NodeHome::~NodeHome() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace dnstorm::cluster
