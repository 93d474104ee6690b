// What a process gives up once its devices and files are open.
//
// confine() is called on any thread and holds for all: user and groups (glibc sets them for every
// thread), capabilities (dropped on every thread by a signal), no new privileges, and a seccomp
// filter that refuses what a topology never needs: starting programs, tracing, modules, mounts,
// namespaces, keys, clocks, reboot. Threads that are made later inherit all of it.
#pragma once

#include <string>

#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

struct ConfineOptions {
  std::string user;      // empty: stay who we are
  bool confine = false;  // also without a user
};

// Before anything is opened. Errors: usage (no such user), permission (a user, and not root).
Result<void> check_confine(const ConfineOptions& options);
// A topology with a component in another process (shell_bolt, shell_spout) gets no filter, because
// it starts programs. Errors: permission, unavailable.
Result<void> confine(const ConfineOptions& options, const plan::Plan& plan);

}  // namespace dnstorm::cli
