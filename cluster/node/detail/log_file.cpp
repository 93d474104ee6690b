#include "cluster/node/detail/log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/base/write_all.hpp"

namespace dnstorm::cluster::detail {

Result<LogFile> LogFile::open(std::string path, std::size_t bytes_max, std::uint32_t files) {
  LogFile log(std::move(path), bytes_max, files);
  if (!log.open_file())
    return Error{ErrorKind::io,
                 fmt::format("{}: cannot be opened for the log of a worker: {}", log.path_,
                             std::strerror(errno)),
                 {}};
  return log;
}

LogFile::~LogFile() {
  if (file_ >= 0) ::close(file_);
}

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)),
      bytes_max_(other.bytes_max_),
      files_(other.files_),
      file_(std::exchange(other.file_, -1)),
      bytes_(other.bytes_) {}

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_max_, other.bytes_max_);
  std::swap(files_, other.files_);
  std::swap(file_, other.file_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

bool LogFile::open_file() {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  struct stat about {};
  if (file_ >= 0 && ::fstat(file_, &about) == 0) bytes_ = static_cast<std::size_t>(about.st_size);
  return file_ >= 0;
}

void LogFile::add(std::string_view bytes) {
  if (bytes_ != 0 && bytes_ + bytes.size() > bytes_max_) rotate();
  if (file_ < 0 && !open_file()) return;
  if (write_all(file_, bytes)) bytes_ += bytes.size();
}

void LogFile::rotate() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  bytes_ = 0;
  if (files_ <= 1) {
    ::unlink(path_.c_str());
    return;
  }
  for (std::uint32_t older = files_ - 1; older > 1; --older)
    std::rename(fmt::format("{}.{}", path_, older - 1).c_str(),
                fmt::format("{}.{}", path_, older).c_str());
  std::rename(path_.c_str(), fmt::format("{}.1", path_).c_str());
}

}  // namespace dnstorm::cluster::detail
