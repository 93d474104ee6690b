#include "engine/delivery/checkpoint_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/write_all.hpp"
#include "engine/delivery/checkpoint_bytes.hpp"

namespace dnstorm::delivery {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kept = 2;
constexpr std::string_view prefix = "checkpoint-";

Error io_error(const std::string& path, std::string_view doing) {
  return {ErrorKind::io, fmt::format("{}: cannot {}: {}", path, doing, std::strerror(errno)), {}};
}

// Written and on the disk, or an error.
Result<void> write_synced(const std::string& path, std::string_view bytes) {
  int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return io_error(path, "write it");
  bool good = write_all(file, bytes) && ::fsync(file) == 0;
  Result<void> result;
  if (!good) result = io_error(path, "write it");
  ::close(file);
  return result;
}

// The names in a folder are on the disk, too.
void sync_folder(const std::string& folder) {
  int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  ::fsync(handle);
  ::close(handle);
}

}  // namespace

Result<CheckpointStore> CheckpointStore::open(const std::string& folder, std::uint64_t fingerprint,
                                              TaskLayout layout) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem || ::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
    return Error{ErrorKind::io,
                 fmt::format("{}: checkpoints cannot be kept there: {}: correct "
                             "topology.checkpoint.dir or --checkpoints",
                             folder, problem ? problem.message() : std::strerror(errno)),
                 {}};
  return CheckpointStore(folder, fingerprint, std::move(layout));
}

std::string CheckpointStore::path(std::uint64_t number) const {
  return fmt::format("{}/{}{:012}", folder_, prefix, number);
}

std::vector<std::uint64_t> CheckpointStore::numbers() const {
  std::vector<std::uint64_t> numbers;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder_, problem)) {
    std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) != 0) continue;
    std::uint64_t number = 0;
    const char* end = name.data() + name.size();
    auto [rest, wrong] = std::from_chars(name.data() + prefix.size(), end, number);
    if (wrong == std::errc() && rest == end) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<void> CheckpointStore::write(const Checkpoint& checkpoint, std::string_view note) {
  std::string target = path(checkpoint.number);
  std::string part = folder_ + "/" + part_name_;
  Result<void> written =
      write_synced(part, checkpoint_bytes(checkpoint, fingerprint_, layout_, note));
  if (written.ok() && std::rename(part.c_str(), target.c_str()) != 0)
    written = io_error(target, "put it in place");
  if (!written.ok()) {
    ::unlink(part.c_str());  // the disk may be full
    return written;
  }
  sync_folder(folder_);
  std::vector<std::uint64_t> all = numbers();
  for (std::size_t i = 0; i + kept < all.size(); ++i) ::unlink(path(all[i]).c_str());
  return {};
}

Result<CheckpointStore::Found> CheckpointStore::newest_up_to(std::uint64_t last) const {
  Found found;
  std::vector<std::uint64_t> all = numbers();
  for (auto number = all.rbegin(); number != all.rend(); ++number) {
    if (*number > last) continue;
    std::ifstream file(path(*number), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    auto decoded = checkpoint_of(text.str());
    if (!decoded) {
      found.damaged.push_back(path(*number) + ": damaged");
      continue;
    }
    if (decoded->other_version)
      return Error{
          ErrorKind::config,
          fmt::format("{}: a checkpoint of another version of dnstorm: go on with that, or "
                      "remove the folder to begin anew",
                      path(*number)),
          {}};
    found.checkpoint = std::move(decoded->checkpoint);
    found.layout = std::move(decoded->layout);
    found.fingerprint = decoded->fingerprint;
    found.note = std::move(decoded->note);
    break;
  }
  return found;
}

Result<CheckpointStore::Newest> CheckpointStore::newest() const {
  Found found = DNSTORM_TRY(newest_up_to(UINT64_MAX));
  if (found.checkpoint && found.fingerprint != fingerprint_)
    return Error{
        ErrorKind::config,
        fmt::format("{}: a checkpoint of another topology, or of other options: go on with the "
                    "one it was made by, or remove the folder to begin anew",
                    path(found.checkpoint->number)),
        {}};
  return Newest{std::move(found.checkpoint), std::move(found.layout), std::move(found.damaged)};
}

Result<void> CheckpointStore::clear() {
  for (std::uint64_t number : numbers())
    if (::unlink(path(number).c_str()) != 0) return io_error(path(number), "remove it");
  return {};
}

}  // namespace dnstorm::delivery
