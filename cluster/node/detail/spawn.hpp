// Starts a process with three descriptors of its parent. The kernel kills it when the thread that
// has called spawn() ends.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::cluster::detail {

struct Spawned {
  pid_t pid = -1;
  int pidfd = -1;  // readable when it has ended
};
struct SpawnFiles {
  int error = -1;    // becomes 2
  int channel = -1;  // becomes worker_channel_file
  int lease = -1;    // becomes worker_lease_file
};
// Fails also if argv[0] cannot be executed.
Result<Spawned> spawn(const std::vector<std::string>& argv, const SpawnFiles& files);

// SIGKILL, to that very process.
void kill_process(int pidfd);

}  // namespace dnstorm::cluster::detail
