#include "operators/spouts/packet_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "capture/file/tree.hpp"
#include "engine/api/batch.hpp"

namespace dnstorm::operators {

namespace pcap = capture::pcap;

namespace {

// A file is not begun (and its path left out), being read (the path follows) or done.
enum class Stage : std::uint8_t { waiting, begun, done };

Stage stage_of(const pcap::FileQueue::Position& at) {
  if (at.done) return Stage::done;
  return at.taken == 0 ? Stage::waiting : Stage::begun;
}

}  // namespace

Result<PacketFiles> find_packet_files(const std::vector<std::string>& named,
                                      const std::string& pattern) {
  PacketFiles found;
  std::unordered_set<std::string> known;
  for (const std::string& path : named) {
    if (!capture::file::is_folder(path)) {
      found.files.push_back(path);
      known.insert(path);
      continue;
    }
    found.from_folders = true;
    capture::file::Tree tree = DNSTORM_TRY(capture::file::list_tree(path, pattern));
    if (tree.files.empty())
      return Error{ErrorKind::no_input,
                   pattern.empty() ? fmt::format("{}: has no files", path)
                                   : fmt::format("{}: has no files that match '{}'", path, pattern),
                   "file"};
    std::ranges::copy_if(tree.files, std::back_inserter(found.files),
                         [&](const std::string& file) { return known.insert(file).second; });
    std::ranges::move(tree.unreadable, std::back_inserter(found.unreadable));
  }
  return found;
}

void save_folder_positions(const std::vector<pcap::FileQueue::Position>& positions,
                           StateWriter& out) {
  out.put(std::uint64_t{positions.size()});
  for (const pcap::FileQueue::Position& at : positions) {
    Stage stage = stage_of(at);
    out.put(hash_bytes(at.path));
    out.put(stage);
    if (stage != Stage::begun) continue;
    out.put(at.taken);
    out.put_bytes(at.path);
  }
}

Result<FolderPositions> restore_folder_positions(const std::vector<std::string>& files,
                                                 StateReader& in) {
  std::unordered_map<std::uint64_t, std::size_t> index_of;
  FolderPositions restored;
  for (const std::string& file : files) {
    index_of.emplace(hash_bytes(file), restored.positions.size());
    restored.positions.push_back({file, 0, false});
  }
  for (std::size_t left = in.get_count(9); left != 0 && in.ok(); --left) {
    auto file = index_of.find(in.get<std::uint64_t>());
    auto stage = in.get<Stage>();
    std::uint64_t taken = stage == Stage::begun ? in.get<std::uint64_t>() : 0;
    std::string path(stage == Stage::begun ? in.get_bytes() : std::string_view());
    if (file != index_of.end()) {
      restored.positions[file->second].taken = taken;
      restored.positions[file->second].done = stage == Stage::done;
    } else if (stage == Stage::begun) {
      return Error{ErrorKind::data,
                   fmt::format("{}: is gone, and the checkpoint was taken in the middle of it, "
                               "after {} packets",
                               path, taken),
                   "file"};
    } else if (stage == Stage::waiting) {
      ++restored.gone;
    }
  }
  return restored;
}

}  // namespace dnstorm::operators
