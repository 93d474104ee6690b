// A checkpoint as bytes, wherever they are kept: magic, version, the run's fingerprint, number, how
// many tasks each component has, the tasks' states, a note of whoever writes it, and a hash of all
// of it (XXH3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/delivery/checkpointer.hpp"
#include "engine/delivery/task_state.hpp"

namespace dnstorm::delivery {

struct CheckpointContent {
  Checkpoint checkpoint;
  TaskLayout layout;  // of its states
  std::uint64_t fingerprint = 0;
  std::string note;
  bool other_version = false;  // nothing else is known then
};

std::string checkpoint_bytes(const Checkpoint& checkpoint, std::uint64_t fingerprint,
                             const TaskLayout& layout, std::string_view note);
// Nothing if the bytes are not those of a whole checkpoint.
std::optional<CheckpointContent> checkpoint_of(std::string_view bytes);

}  // namespace dnstorm::delivery
