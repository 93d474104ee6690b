// All bytes into a descriptor, however many calls of write(2) it takes.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace dnstorm {

// False: `errno` says why; some of them may be written.
inline bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace dnstorm
