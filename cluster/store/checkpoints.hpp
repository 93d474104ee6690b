// The checkpoints of all topologies of a cluster: the newest two of each, wherever they are kept:
// in a folder (CheckpointFolder) or in Redis (CheckpointRedis). Used by one thread; calls may wait
// for a disk or a server.
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
#include "engine/delivery/checkpointer.hpp"
#include "engine/delivery/task_state.hpp"

namespace dnstorm::cluster {

struct StoredCheckpoint {
  std::uint64_t fingerprint = 0;  // plan::fingerprint
  CheckpointNote note;
  delivery::Checkpoint checkpoint;
};

class Checkpoints {
 public:
  virtual ~Checkpoints() = default;
  // Returns when it will be found after a crash of this machine.
  virtual Result<void> write(const std::string& topology, const StoredCheckpoint& checkpoint) = 0;
  struct Found {
    std::optional<StoredCheckpoint> checkpoint;
    std::vector<std::string> damaged;  // newer ones that could not be used, and why
  };
  // The newest whole one with a number of `last` at most: a damaged one is passed over for the one
  // before it.
  virtual Result<Found> read(const std::string& topology, std::uint64_t last = UINT64_MAX) = 0;
  virtual Result<void> remove(const std::string& topology) = 0;
};

delivery::TaskLayout layout_of(const CheckpointNote& note);

}  // namespace dnstorm::cluster
