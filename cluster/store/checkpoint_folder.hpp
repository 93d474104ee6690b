// Checkpoints in a folder of the coordinator's disk or in one that all coordinators reach: below it
// a folder for each topology, in that delivery's CheckpointStore. What has been written is on the
// disk.
#pragma once

#include <string>
#include <vector>

#include "cluster/store/checkpoints.hpp"

namespace dnstorm::cluster {

class CheckpointFolder final : public Checkpoints {
 public:
  // Makes the folder if there is none. `writer`: the coordinator's name, different for each that
  // reaches the folder.
  static Result<CheckpointFolder> open(const std::string& folder, const std::string& writer);

  Result<void> write(const std::string& topology, const StoredCheckpoint& checkpoint) override;
  Result<Found> read(const std::string& topology, std::uint64_t last = UINT64_MAX) override;
  Result<void> remove(const std::string& topology) override;
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
