#include "engine/plugin/find.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

namespace dnstorm::plugin {

namespace fs = std::filesystem;

SearchPath SearchPath::of_process() {
  SearchPath search;
  if (const char* path = std::getenv("DNSTORM_PLUGIN_PATH")) search.path = path;
  std::error_code problem;
  fs::path program = fs::read_symlink("/proc/self/exe", problem);
  if (!problem)
    search.installed =
        (program.parent_path() / DNSTORM_PLUGINS_FROM_PROGRAM).lexically_normal().string();
  return search;
}

std::vector<std::string> candidates(const std::string& name, const std::string& folder,
                                    const SearchPath& search) {
  // Never a bare name: the dynamic linker would look for it in the system's folders.
  fs::path beside = folder.empty() ? "." : folder;
  std::vector<std::string> files{(beside / name).string()};
  if (name.find('/') != std::string::npos) return files;
  for (std::size_t at = 0; at < search.path.size();) {
    std::size_t end = std::min(search.path.find(':', at), search.path.size());
    if (end > at) files.push_back((fs::path(search.path.substr(at, end - at)) / name).string());
    at = end + 1;
  }
  if (!search.installed.empty()) files.push_back((fs::path(search.installed) / name).string());
  return files;
}

Result<std::string> find(const std::string& name, const std::string& folder,
                         const SearchPath& search) {
  std::vector<std::string> files = candidates(name, folder, search);
  for (const std::string& file : files) {
    std::error_code problem;
    if (fs::exists(file, problem)) return file;
  }
  return Error{
      ErrorKind::config,
      fmt::format("there is no plug-in '{}'; looked for {}{}", name, fmt::join(files, ", "),
                  name.find('/') == std::string::npos
                      ? " (DNSTORM_PLUGIN_PATH may name more folders)"
                      : ""),
      {}};
}

}  // namespace dnstorm::plugin
