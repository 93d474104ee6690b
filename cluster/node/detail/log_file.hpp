// A file that grows by what a worker says and is renamed when it has become large: log, log.1
// (older), log.2, ... Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace dnstorm::cluster::detail {

class LogFile {
 public:
  static Result<LogFile> open(std::string path, std::size_t bytes_max, std::uint32_t files);
  ~LogFile();
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;

  // What cannot be written (a full disk) is dropped: a worker must not stand still for its log.
  void add(std::string_view bytes);

 private:
  LogFile(std::string path, std::size_t bytes_max, std::uint32_t files)
      : path_(std::move(path)), bytes_max_(bytes_max), files_(files) {}
  bool open_file();
  void rotate();

  std::string path_;
  std::size_t bytes_max_;
  std::uint32_t files_;
  int file_ = -1;
  std::size_t bytes_ = 0;
};

}  // namespace dnstorm::cluster::detail
