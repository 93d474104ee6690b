// The process of a worker: a slice of one topology on one node, started by the node
// (cluster/node/process.hpp) and led by it over a pair of sockets. What is decided is decided in
// worker_machine.hpp; here are the threads: one that reads the node's words, one that looks after
// the lease, one that does the rest.
//
// Once begun it runs until its node says stop, is gone, or has let the lease run out. In the last
// two cases the process ends at once and writes nothing more: somebody else may be doing its work.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cluster/model/submission.hpp"
#include "cluster/model/worker_words.hpp"
#include "cluster/wire/data_links.hpp"
#include "cluster/worker/worker_taps.hpp"
#include "engine/base/result.hpp"
#include "engine/plan/plan.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cluster {

// The process's exit codes beside 0 (told to stop, or its node is gone).
inline constexpr int exit_lease_over = 75;

struct WorkerOptions {
  std::string node;                   // the name of the one that it runs on
  int channel = worker_channel_file;  // its descriptors
  int lease = worker_lease_file;
  // From a submission to the plan, as every other node makes it. What the plan refers to must
  // outlive run_worker().
  std::function<Result<plan::Plan>(const Submission&, const PlanChoices&)> make_plan;
  // Addresses and keys of the data sockets. Identity, incarnation and session are filled in.
  DataLinksOptions links;
  runtime::RunOptions run;  // taps, resources. `slice`, `active` and `feed` are filled in
  OpenTap open_tap;         // hangs one into run.taps; none: nothing can be tapped
  // The rules of a MuteOrder, on the worker's thread; whether they are others than before. None:
  // nothing can be muted.
  std::function<bool(const std::vector<std::string>& rules)> mute;
  DurationNs stats_period = 2 * ns_per_s;
};

// The exit code.
int run_worker(WorkerOptions options);

}  // namespace dnstorm::cluster
