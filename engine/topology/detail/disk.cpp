#include "engine/topology/detail/disk.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "engine/topology/detail/yaml_tree.hpp"

namespace dnstorm::topology::detail {

Result<std::string> read_disk(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                       &std::fclose);
  if (file == nullptr)
    return Error{ErrorKind::no_input, fmt::format("cannot be opened: {}", std::strerror(errno)),
                 ""};
  std::string text(yaml_bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return Error{ErrorKind::no_input, fmt::format("cannot be read: {}", std::strerror(errno)), ""};
  return text;
}

}  // namespace dnstorm::topology::detail
