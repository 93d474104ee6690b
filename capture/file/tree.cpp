#include "capture/file/tree.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace dnstorm::capture::file {

namespace fs = std::filesystem;

namespace {

bool is_unfinished(std::string_view name) {
  return name.empty() || name.front() == '.' || name.ends_with(".tmp") || name.ends_with(".part");
}

Error cannot_list(const std::string& folder, std::error_code problem) {
  bool refused = problem == std::errc::permission_denied;
  return {refused ? ErrorKind::permission : ErrorKind::no_input,
          fmt::format("{}: cannot be listed: {}", folder, problem.message()), "file"};
}

class Lister {
 public:
  Lister(const std::string& root, const std::string& pattern)
      : root_(root), pattern_(pattern), of_path_(pattern.find('/') != std::string::npos) {}

  // Folder after folder from a list, so that depth costs no stack.
  Result<Tree> run() {
    std::vector<std::string> folders{root_};
    for (std::size_t i = 0; i < folders.size(); ++i) {
      std::string folder = folders[i];
      Result<void> listed = list(folder, folders);
      if (listed.ok()) continue;
      if (i == 0) return std::move(listed.error());
      tree_.unreadable.push_back(std::move(listed.error()));
    }
    std::ranges::sort(tree_.files);
    return std::move(tree_);
  }

 private:
  Result<void> list(const std::string& folder, std::vector<std::string>& folders) {
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
      std::string name = entry->path().filename();
      if (is_unfinished(name)) continue;
      std::error_code ignored;
      if (entry->is_directory(ignored) && !entry->is_symlink(ignored))
        folders.push_back(entry->path());
      else if (entry->is_regular_file(ignored) && wanted(entry->path(), name))
        tree_.files.push_back(entry->path());
    }
    if (problem) return cannot_list(folder, problem);
    return {};
  }
  bool wanted(const std::string& path, const std::string& name) const {
    if (pattern_.empty()) return true;
    if (!of_path_) return fnmatch(pattern_.c_str(), name.c_str(), 0) == 0;
    std::string below = path.substr(root_.size());
    below.erase(0, below.find_first_not_of('/'));
    return fnmatch(pattern_.c_str(), below.c_str(), FNM_PATHNAME) == 0;
  }

  const std::string& root_;
  const std::string& pattern_;
  bool of_path_;
  Tree tree_;
};

}  // namespace

Result<Tree> list_tree(const std::string& folder, const std::string& pattern) {
  return Lister(folder, pattern).run();
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace dnstorm::capture::file
