// The checkpoints of all topologies of a cluster, in a folder of the coordinator's disk or in one
// that all coordinators reach: below it a folder for each topology, in that delivery's
// CheckpointStore with the newest two. A checkpoint that has been written is on the disk. Used by
// one thread.
//
// With several coordinators only the one that leads writes; one that has led and is late replaces
// at most a checkpoint by another whole one of the same number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/model/checkpoint_note.hpp"
#include "engine/base/result.hpp"
#include "engine/delivery/checkpoint_store.hpp"

namespace dnstorm::cluster {

struct StoredCheckpoint {
  std::uint64_t fingerprint = 0;  // plan::fingerprint
  CheckpointNote note;
  delivery::Checkpoint checkpoint;
};

class CheckpointFolder {
 public:
  // Makes the folder if there is none. `writer`: the coordinator's name, different for each that
  // reaches the folder.
  static Result<CheckpointFolder> open(const std::string& folder, const std::string& writer);

  Result<void> write(const std::string& topology, const StoredCheckpoint& checkpoint);
  struct Found {
    std::optional<StoredCheckpoint> checkpoint;
    std::vector<std::string> damaged;  // newer files that could not be used, and why
  };
  // The newest whole one with a number of `last` at most: a damaged one is passed over for the one
  // before it.
  Result<Found> read(const std::string& topology, std::uint64_t last = UINT64_MAX) const;
  Result<void> remove(const std::string& topology);
  // Those that have something in the folder: what belongs to none that is known may be removed.
  std::vector<std::string> topologies() const;
  const std::string& folder() const { return folder_; }

 private:
  CheckpointFolder(std::string folder, std::string writer)
      : folder_(std::move(folder)), writer_(std::move(writer)) {}
  std::string path(const std::string& topology) const;

  std::string folder_;
  std::string writer_;
};

}  // namespace dnstorm::cluster
