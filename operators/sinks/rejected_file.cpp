#include "operators/sinks/rejected_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dnstorm::operators {

RejectedFile::RejectedFile(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {}

bool RejectedFile::open() {
  struct stat state {};
  if (::stat(path_.c_str(), &state) == 0 &&
      static_cast<std::uint64_t>(state.st_size) >= bytes_max_) {
    file_.reset();
    std::rename(path_.c_str(), (path_ + ".old").c_str());
  }
  if (file_ == nullptr) file_.reset(std::fopen(path_.c_str(), "ae"));
  return file_ != nullptr;
}

bool RejectedFile::append(std::span<const RefusedLine> lines) {
  std::string text;
  const std::string* reason = nullptr;
  for (const RefusedLine& refused : lines) {
    if (reason == nullptr || *reason != refused.reason)
      text += fmt::format("# {}\n", refused.reason);
    reason = &refused.reason;
    text += refused.line;
  }
  if (open() && std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() &&
      std::fflush(file_.get()) == 0 && ::fdatasync(::fileno(file_.get())) == 0)
    return true;
  problem_ = fmt::format("{}: {}", path_, std::strerror(errno));
  return false;
}

}  // namespace dnstorm::operators
