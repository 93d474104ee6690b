// Checkpoints in a local directory: one file each, written whole under another name, synced and
// renamed, so that what has the name of a checkpoint is one, whenever the machine stops. The newest
// few are kept. Used by one thread at a time.
//
// A file has the bytes of checkpoint_bytes.hpp. One that is damaged is passed over for the one
// before it, with a word about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/delivery/checkpointer.hpp"
#include "engine/delivery/task_state.hpp"

namespace dnstorm::delivery {

class CheckpointStore {
 public:
  // `fingerprint` says what the states belong to (plan::fingerprint): a checkpoint of another
  // topology is refused. `layout`: of the states that will be written. The folder is made if there
  // is none.
  static Result<CheckpointStore> open(const std::string& folder, std::uint64_t fingerprint,
                                      TaskLayout layout = {});

  // `note`: bytes of the caller's that are kept with it.
  Result<void> write(const Checkpoint& checkpoint, std::string_view note = {});
  struct Newest {
    std::optional<Checkpoint> checkpoint;
    TaskLayout layout;                 // of its states
    std::vector<std::string> damaged;  // newer files that could not be used, and why
  };
  // An error: there are checkpoints, but of another topology, or of another version of dnstorm.
  Result<Newest> newest() const;
  struct Found {
    std::optional<Checkpoint> checkpoint;
    TaskLayout layout;                 // of its states
    std::uint64_t fingerprint = 0;     // of what wrote it
    std::string note;                  // write()'s
    std::vector<std::string> damaged;  // newer files that could not be used, and why
  };
  // The newest that is whole and has a number of `last` at most, whatever topology it is of. An
  // error: it is of another version of dnstorm.
  Result<Found> newest_up_to(std::uint64_t last) const;
  // Under this name is a file written until it is whole. Writers that may write into one folder at
  // a time need different ones.
  void set_part_name(std::string name) { part_name_ = std::move(name); }
  // Nothing is left to go on with: the run has come to its end.
  Result<void> clear();
  bool empty() const { return numbers().empty(); }
  const std::string& folder() const { return folder_; }

 private:
  CheckpointStore(std::string folder, std::uint64_t fingerprint, TaskLayout layout)
      : folder_(std::move(folder)), fingerprint_(fingerprint), layout_(std::move(layout)) {}
  std::vector<std::uint64_t> numbers() const;  // ascending
  std::string path(std::uint64_t number) const;

  std::string folder_;
  std::uint64_t fingerprint_;
  TaskLayout layout_;
  std::string part_name_ = "part";
};

}  // namespace dnstorm::delivery
