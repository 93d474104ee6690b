#include "operators/sinks/undelivered_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

namespace dnstorm::operators {

namespace {

// "20261121T191917Z" of "2026-11-21T19:19:17.123Z": fit for a file name.
std::string compact_time(TimeNs now) {
  std::string out;
  for (char c : format_time(now - now % ns_per_s))
    if (c != '-' && c != ':') out += c;
  return out;
}

std::string file_name_part(const std::string& text) {
  std::string out;
  for (char c : text)
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ? c : '_';
  return out;
}

}  // namespace

UndeliveredFile::UndeliveredFile(std::string folder, std::string topology, const Clock& clock)
    : folder_(std::move(folder)), topology_(std::move(topology)), clock_(clock) {}

Result<void> UndeliveredFile::check() const {
  if (access(folder_.c_str(), W_OK | X_OK) == 0) return {};
  return Error{
      ErrorKind::config,
      fmt::format("influx: `spool_dir` {} cannot take files: {}", folder_, std::strerror(errno)),
      "spool_dir"};
}

bool UndeliveredFile::open() {
  std::string stem = fmt::format("{}/dnstorm-undelivered-{}-{}", folder_, file_name_part(topology_),
                                 compact_time(clock_.wall_ns()));
  constexpr int names_max = 1000;  // several sinks of one topology may fail in the same second
  for (int i = 1; i <= names_max; ++i) {
    path_ = i == 1 ? stem + ".lp" : fmt::format("{}-{}.lp", stem, i);
    file_.reset(std::fopen(path_.c_str(), "wxe"));
    if (file_ != nullptr) return true;
    if (errno != EEXIST) break;
  }
  failure_ = fmt::format("{}: {}", path_, std::strerror(errno));
  path_.clear();
  return false;
}

bool UndeliveredFile::append(std::string_view lines) {
  if (file_ == nullptr && !open()) return false;
  bool written = std::fwrite(lines.data(), 1, lines.size(), file_.get()) == lines.size();
  if (written && std::fflush(file_.get()) == 0) return true;
  failure_ = fmt::format("{}: {}", path_, std::strerror(errno));
  return false;
}

}  // namespace dnstorm::operators
