#include "cluster/store/checkpoint_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cluster/model/codec.hpp"
#include "cluster/model/path_name.hpp"
#include "engine/delivery/checkpoint_store.hpp"

namespace dnstorm::cluster {

namespace {

namespace fs = std::filesystem;
using delivery::CheckpointStore;

}  // namespace

Result<CheckpointFolder> CheckpointFolder::open(const std::string& folder,
                                                const std::string& writer) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem || ::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
    return Error{ErrorKind::io,
                 fmt::format("{}: checkpoints cannot be kept there: {}: correct 'checkpoints' or "
                             "'state' of the cluster file",
                             folder, problem ? problem.message() : std::strerror(errno)),
                 "checkpoints"};
  return CheckpointFolder(folder, writer);
}

std::string CheckpointFolder::path(const std::string& topology) const {
  return folder_ + "/" + path_name(topology);
}

Result<void> CheckpointFolder::write(const std::string& topology,
                                     const StoredCheckpoint& checkpoint) {
  auto store = DNSTORM_TRY(
      CheckpointStore::open(path(topology), checkpoint.fingerprint, layout_of(checkpoint.note)));
  store.set_part_name("part-" + writer_);
  return store.write(checkpoint.checkpoint, to_json(checkpoint.note));
}

Result<Checkpoints::Found> CheckpointFolder::read(const std::string& topology, std::uint64_t last) {
  Found result;
  std::error_code problem;
  if (!fs::exists(path(topology), problem) && !problem) return result;
  auto store = DNSTORM_TRY(CheckpointStore::open(path(topology), 0));
  auto found = DNSTORM_TRY(store.newest_up_to(last));
  result.damaged = std::move(found.damaged);
  if (!found.checkpoint) return result;
  auto note = checkpoint_note_from_json(found.note);
  if (!note.ok() || layout_of(*note) != found.layout)
    return Error{ErrorKind::data,
                 fmt::format("{}: checkpoint {} was not written by a coordinator: move it away",
                             path(topology), found.checkpoint->number),
                 {}};
  result.checkpoint =
      StoredCheckpoint{found.fingerprint, std::move(*note), std::move(*found.checkpoint)};
  return result;
}

Result<void> CheckpointFolder::remove(const std::string& topology) {
  std::error_code problem;
  fs::remove_all(path(topology), problem);
  if (problem)
    return Error{ErrorKind::io,
                 fmt::format("{}: cannot remove it: {}", path(topology), problem.message()),
                 {}};
  return {};
}

std::vector<std::string> CheckpointFolder::topologies() const {
  std::vector<std::string> ids;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder_, problem)) {
    if (!entry.is_directory(problem)) continue;
    if (auto id = id_of_path_name(entry.path().filename().string())) ids.push_back(std::move(*id));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace dnstorm::cluster
