// Which files the `pcap` spout reads: those that are named, and those below folders that are named;
// and where it stood in them, for checkpoints. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "capture/pcap/file_queue.hpp"
#include "engine/api/state.hpp"

namespace dnstorm::operators {

struct PacketFiles {
  std::vector<std::string> files;  // each once; those of a folder in the order of their paths
  bool from_folders = false;
  std::vector<Error> unreadable;  // folders below them that cannot be listed
};

// Errors: no_input, permission (a folder that is named cannot be listed, or has no such files).
Result<PacketFiles> find_packet_files(const std::vector<std::string>& named,
                                      const std::string& pattern);

// Positions in the files of folders, of which there may be many thousands: paths are kept of those
// files only that are being read.
void save_folder_positions(const std::vector<capture::pcap::FileQueue::Position>& positions,
                           StateWriter& out);
// The positions in `files`, which may have become more since: those come as if they had not been
// begun. `gone` counts those that had not been begun and are no longer there. Errors: data (a file
// is gone that has been begun).
struct FolderPositions {
  std::vector<capture::pcap::FileQueue::Position> positions;
  std::uint64_t gone = 0;
};
Result<FolderPositions> restore_folder_positions(const std::vector<std::string>& files,
                                                 StateReader& in);

}  // namespace dnstorm::operators
