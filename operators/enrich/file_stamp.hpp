// Whether a file has been replaced or written to: what changes then. A value.
#pragma once

#include <sys/stat.h>

#include <string>

namespace dnstorm::operators {

struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;

  // All zero: there is no such file.
  static FileStamp of(const std::string& path) {
    struct stat about = {};
    if (stat(path.c_str(), &about) != 0) return {};
    return {about.st_dev, about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
  }
};

}  // namespace dnstorm::operators
