#include "operators/whole_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace dnstorm::operators {

Result<void> write_whole_file(const std::string& who, const std::string& path,
                              const std::string& text) {
  auto failed = [&] {
    return Error{ErrorKind::io,
                 fmt::format("{}: {} cannot be written: {}; see to `folder`", who, path,
                             std::strerror(errno)),
                 "folder"};
  };
  std::string beside = path + ".tmp";
  std::FILE* file = std::fopen(beside.c_str(), "we");
  if (file == nullptr) return failed();
  bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  written = std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0 && written;
  if (std::fclose(file) != 0 || !written) return failed();
  if (std::rename(beside.c_str(), path.c_str()) != 0) return failed();
  return {};
}

}  // namespace dnstorm::operators
