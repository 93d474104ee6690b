#include "operators/sinks/secret.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace dnstorm::operators {

namespace {

constexpr std::string_view from_environment = "env:";
constexpr std::string_view from_file = "file:";

}  // namespace

Result<std::string> secret(const std::string& who, const std::string& option,
                           const std::string& text) {
  if (text.starts_with(from_environment)) {
    std::string variable = text.substr(from_environment.size());
    const char* value = std::getenv(variable.c_str());
    if (value != nullptr) return std::string(value);
    return Error{ErrorKind::config,
                 fmt::format("{}: `{}` is to come from the environment variable {}, which is not "
                             "set",
                             who, option, variable),
                 option};
  }
  if (!text.starts_with(from_file)) return text;
  std::string path = text.substr(from_file.size());
  std::ifstream file(path, std::ios::binary);
  std::string value(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open())
    return Error{ErrorKind::config,
                 fmt::format("{}: `{}` is to come from the file {}: {}", who, option, path,
                             std::strerror(errno)),
                 option};
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  return value;
}

}  // namespace dnstorm::operators
