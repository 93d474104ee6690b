#include "cluster/wire/key_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "cluster/model/config.hpp"
#include "engine/base/write_all.hpp"

namespace dnstorm::cluster {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view secret_ending = ".key";
constexpr std::string_view public_ending = ".pub";
constexpr mode_t secret_mode = 0600;
constexpr mode_t public_mode = 0644;

std::string path_of(const std::string& folder, const std::string& name, std::string_view ending) {
  return fmt::format("{}/{}{}", folder, name, ending);
}

Error file_error(const std::string& path, std::string_view doing) {
  ErrorKind kind = errno == EACCES || errno == EPERM ? ErrorKind::permission : ErrorKind::io;
  return {kind, fmt::format("{}: cannot {}: {}", path, doing, std::strerror(errno)), "keys"};
}

// The key in a file. `secret`: nobody else may read it.
Result<std::string> read_key(const std::string& path, bool secret) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return file_error(path, "read it");
  struct stat status {};
  char bytes[128];
  bool good = ::fstat(file, &status) == 0;
  ssize_t size = good ? ::read(file, bytes, sizeof bytes) : -1;
  Error problem = file_error(path, "read it");
  ::close(file);
  if (size < 0) return problem;
  if (secret && (status.st_mode & 077) != 0)
    return Error{ErrorKind::permission,
                 fmt::format("{}: others may read this secret key: chmod 600 {}", path, path),
                 "keys"};
  std::string text(bytes, static_cast<std::size_t>(size));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (is_key(text)) return text;
  return Error{
      ErrorKind::config,
      fmt::format("{}: is no key: it has 40 characters and is made by 'dnstorm keygen'", path),
      "keys"};
}

Result<CurveKeys> read_own(const std::string& folder, const std::string& name) {
  std::string path = path_of(folder, name, secret_ending);
  std::error_code unknown;
  if (!fs::exists(path, unknown) && !unknown)
    return Error{
        ErrorKind::config,
        fmt::format("{}: is missing: 'dnstorm keygen --keys {} {}' makes it", path, folder, name),
        "keys"};
  CurveKeys own;
  own.secret_key = DNSTORM_TRY(read_key(path, true));
  auto made = public_of(own.secret_key);
  if (!made.ok()) return std::move(made.error()).within(path);
  own.public_key = std::move(*made);
  return own;
}

Result<void> write_key(const std::string& path, const std::string& key, mode_t mode) {
  std::string part = path + ".part";
  ::unlink(part.c_str());
  int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return file_error(path, "write it");
  // Whatever the umask is: the others have to read public keys.
  bool good = ::fchmod(file, mode) == 0 && write_all(file, key + "\n") && ::fsync(file) == 0;
  Error problem = file_error(path, "write it");
  ::close(file);
  if (good && ::rename(part.c_str(), path.c_str()) == 0) return {};
  if (good) problem = file_error(path, "put it in place");
  ::unlink(part.c_str());
  return problem;
}

Result<void> check_names(const std::string& folder, const std::vector<std::string>& names,
                         bool force) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!is_cluster_name(name))
      return Error{ErrorKind::usage,
                   fmt::format("'{}' is no name: letters, digits, '.', '_' and '-', at most 63, a "
                               "letter or a digit first",
                               name),
                   {}};
    if (!seen.insert(name).second)
      return Error{ErrorKind::usage, fmt::format("'{}' is named twice", name), {}};
    for (std::string_view ending : {secret_ending, public_ending})
      if (!force && ::access(path_of(folder, name, ending).c_str(), F_OK) == 0)
        return Error{ErrorKind::usage,
                     fmt::format("{}: is there already, nothing was written: --force replaces it, "
                                 "and shuts out whoever uses the old one",
                                 path_of(folder, name, ending)),
                     {}};
  }
  return {};
}

}  // namespace

Result<std::string> KeyFolder::key_of(const std::string& name) const {
  if (own.empty()) return std::string();
  auto found = allowed.find(name);
  if (found != allowed.end()) return found->second;
  return Error{ErrorKind::config,
               fmt::format("there is no {}{} in the folder of keys: copy it from the machine of {}",
                           name, public_ending, name),
               "keys"};
}

Result<KeyFolder> load_keys(const std::string& folder, const std::string& own_name) {
  KeyFolder keys;
  keys.own = DNSTORM_TRY(read_own(folder, own_name));
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem))
    files.push_back(it->path());
  if (problem)
    return Error{ErrorKind::io, fmt::format("{}: cannot list it: {}", folder, problem.message()),
                 "keys"};
  std::sort(files.begin(), files.end());
  std::map<std::string, std::string> name_of;
  for (const fs::path& file : files) {
    std::string name = file.stem().string();
    if (file.extension() != public_ending || !is_cluster_name(name)) continue;
    std::string key = DNSTORM_TRY(read_key(file.string(), false));
    auto [same, fresh] = name_of.emplace(key, name);
    if (!fresh)
      return Error{ErrorKind::config,
                   fmt::format("{}: is the key of {}, too: each name needs a key of its own",
                               file.string(), same->second),
                   "keys"};
    keys.allowed.emplace(name, key);
  }
  auto listed = keys.allowed.try_emplace(own_name, keys.own.public_key).first;
  if (listed->second != keys.own.public_key)
    return Error{ErrorKind::config,
                 fmt::format("{}: does not belong to {}{}: copy the one that was made with it",
                             path_of(folder, own_name, public_ending), own_name, secret_ending),
                 "keys"};
  return keys;
}

Result<void> write_keys(const std::string& folder, const std::vector<std::string>& names,
                        bool force) {
  DNSTORM_CHECK(check_names(folder, names, force));
  std::error_code problem;
  if (fs::create_directories(folder, problem) && !problem)
    fs::permissions(folder, fs::perms::owner_all, problem);
  if (problem)
    return Error{
        ErrorKind::io, fmt::format("{}: cannot make it: {}", folder, problem.message()), {}};
  for (const std::string& name : names) {
    CurveKeys keys = make_curve_keys();
    DNSTORM_CHECK(write_key(path_of(folder, name, secret_ending), keys.secret_key, secret_mode));
    DNSTORM_CHECK(write_key(path_of(folder, name, public_ending), keys.public_key, public_mode));
  }
  return {};
}

}  // namespace dnstorm::cluster
