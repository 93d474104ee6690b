// The HTTP interface of a cluster: requests below /api/v1 in, answers out, with Storm's paths and
// field names. cluster/control/openapi.yaml describes it all; docs/cluster-api.md shows how to use
// it. Pure: what it knows and does comes through ControlTarget; it opens no socket.
//
//   Control control({.version = ..., .tokens = {...}}, target);
//   options.api = [&](const ApiRequest& request) { return control.answer(request); };
//   control.take(news, clock.steady_ns());       // whenever a worker has told its numbers
//
// answer() and take() may be called by different threads, each by one at a time. `target` must
// outlive it.
//
// Who may: what changes anything, and a tap, wants a token (Authorization: Bearer). Where none is
// set it is taken from programs of the same machine only, and only with the header that marks it as
// meant. Everything else may be read by whoever reaches the port.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cluster/control/stats_book.hpp"
#include "cluster/control/target.hpp"
#include "engine/base/http_api.hpp"

namespace dnstorm::cluster {

struct ControlOptions {
  std::string version;  // of dnstorm
  std::vector<std::string> tokens;  // any of them will do; none: see above
  // What GET /cluster/configuration tells: settings by key, no secrets.
  std::map<std::string, std::string> configuration;
};

class Control {
 public:
  Control(ControlOptions options, ControlTarget& target)
      : options_(std::move(options)), target_(target) {}

  ApiAnswer answer(const ApiRequest& request);
  // Why who asks may change nothing; nothing: they may.
  std::optional<ApiAnswer> refuse_change(const ApiRequest& request) const;
  // Why rows of the topology that the argument of that name says cannot be shown to who asks;
  // nothing: they can. They hold names and addresses: the token is wanted as for a change.
  std::optional<ApiAnswer> refuse_tap(const ApiRequest& request);
  // `news` of kind "stats"; others are passed over. `now`: ControlMoment::steady.
  void take(const WorkerNews& news, TimeNs now);

 private:
  ApiAnswer answer_route(const ApiRequest& request);

  const ControlOptions options_;
  ControlTarget& target_;
  std::mutex mutex_;  // guards book_; never held while the target is asked
  StatsBook book_;
};

// By id, then by name.
const TopologyView* find_topology(const ClusterView& view, std::string_view name);

}  // namespace dnstorm::cluster
