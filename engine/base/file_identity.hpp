// What makes a file the same one as before: number of its inode, size, time of its last change. So
// a complete file is known again under another name, and one that was replaced or written to is
// not. A compressed copy is another file.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/time.hpp"

namespace dnstorm {

struct FileIdentity {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  TimeNs changed = 0;

  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;

  // None if there is no such file.
  static std::optional<FileIdentity> of(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return FileIdentity{found.st_ino, static_cast<std::uint64_t>(found.st_size),
                        found.st_mtim.tv_sec * ns_per_s + found.st_mtim.tv_nsec};
  }
};

}  // namespace dnstorm
