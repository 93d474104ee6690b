// Who of several coordinators leads, as a pure state machine: answers of ZooKeeper and time in,
// requests and events out. ZooKeeper's recipe: each candidate has an ephemeral sequential node; the
// one with the lowest number leads, the others each watch the one before theirs.
//
// A lead has a term: the version of one node that each new leader writes in one transaction with a
// check that its own candidate is still there. Terms only rise, and a write that checks the version
// (ZooKeeperStore) fails once another leader has begun.
//
// A leader acts only as long as its session cannot have expired: two thirds of the session's
// time-out after it *sent* the last request that was answered, wherever that request was lost. Then
// it is suspended, and if its session is still there, it takes the lead anew, with another term.
// Times are of a steady clock.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::cluster {

struct ElectionEvent {
  enum class Kind : std::uint8_t {
    gained,     // leads, in `term`
    suspended,  // must not act any more: nothing is heard of ZooKeeper
    lost,       // another one may lead already
    trouble,    // nothing to act upon; for the log
  };
  Kind kind = Kind::gained;
  std::uint64_t term = 0;  // of gained
  std::string reason;      // of the others
};

// How a request ended. `gone`: a node that it needs is not there.
enum class ZooAnswer : std::uint8_t { done, gone, failed };

// Requests. Each is answered with its round; answers of earlier rounds are dropped.
struct EnterElection {  // find this session's candidate, or make it
  std::uint64_t round = 0;
};
struct ListCandidates {
  std::uint64_t round = 0;
};
struct WatchCandidate {  // tell changed() when it is gone
  std::uint64_t round = 0;
  std::string node;
};
struct TakeLead {
  std::uint64_t round = 0;
  std::string node;
};
struct ProbeCandidate {  // is it there? Keeps the session, and shows that it is kept
  std::uint64_t round = 0;
  std::string node;
  TimeNs sent = 0;
};
struct BeginSession {};  // the old one is no more
using ElectionAction = std::variant<EnterElection, ListCandidates, WatchCandidate, TakeLead,
                                    ProbeCandidate, BeginSession, ElectionEvent>;

class ElectionMachine {
 public:
  // Of the session. `timeout`: as agreed with the server.
  void connected(DurationNs timeout, TimeNs now);
  void disconnected(TimeNs now);
  void expired(TimeNs now);

  // Answers. `reason` of those that failed.
  void entered(std::uint64_t round, ZooAnswer answer, const std::string& node, TimeNs now);
  void listed(std::uint64_t round, ZooAnswer answer, std::vector<std::string> nodes, TimeNs now);
  void watched(std::uint64_t round, ZooAnswer answer, TimeNs now);
  void taken(std::uint64_t round, ZooAnswer answer, std::uint64_t term, TimeNs now);
  void probed(std::uint64_t round, ZooAnswer answer, TimeNs sent, TimeNs now);
  void changed(TimeNs now);

  void tick(TimeNs now);
  TimeNs next_time() const;
  // Until when the leader may act; time_min: it does not lead.
  TimeNs lead_until() const { return phase_ == Phase::leading ? lead_until_ : time_min; }

  std::vector<ElectionAction> take_actions();

 private:
  enum class Phase : std::uint8_t { away, entering, listing, watching, waiting, taking, leading };

  void enter(TimeNs now);
  void list(TimeNs now);
  void retry(const std::string& what, TimeNs now);
  void tell(ElectionEvent::Kind kind, std::string reason);
  bool awaits(std::uint64_t round, Phase phase) const { return round == round_ && phase_ == phase; }
  DurationNs trust() const { return timeout_ / 3 * 2; }

  Phase phase_ = Phase::away;
  bool connected_ = false;
  DurationNs timeout_ = 0;
  std::uint64_t round_ = 0;
  std::string node_;  // own
  TimeNs asked_ = 0;  // when the request under way was sent
  TimeNs retry_at_ = time_max;
  TimeNs probe_at_ = time_max;
  TimeNs lead_until_ = time_min;
  std::vector<ElectionAction> actions_;
};

}  // namespace dnstorm::cluster
