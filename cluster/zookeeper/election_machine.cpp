#include "cluster/zookeeper/election_machine.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace dnstorm::cluster {

namespace {

constexpr DurationNs retry_pause = ns_per_s;
constexpr int probes_per_timeout = 6;

// ZooKeeper's number is the ten digits at the end. The rest of the name is the candidate's own.
constexpr std::size_t digits = 10;
std::string_view name_of(std::string_view node) {
  return node.substr(0, node.size() - std::min(digits, node.size()));
}
std::string_view number_of(std::string_view node) { return node.substr(name_of(node).size()); }

}  // namespace

void ElectionMachine::tell(ElectionEvent::Kind kind, std::string reason) {
  actions_.push_back(ElectionEvent{kind, 0, std::move(reason)});
}

void ElectionMachine::enter(TimeNs now) {
  phase_ = Phase::entering;
  asked_ = now;
  retry_at_ = time_max;
  actions_.push_back(EnterElection{++round_});
}

void ElectionMachine::list(TimeNs now) {
  phase_ = Phase::listing;
  asked_ = now;
  actions_.push_back(ListCandidates{++round_});
}

// Whatever a request did before it failed, the way in finds it.
void ElectionMachine::retry(const std::string& what, TimeNs now) {
  ++round_;
  phase_ = Phase::away;
  if (!connected_) return;  // connected() begins anew
  tell(ElectionEvent::Kind::trouble, what);
  retry_at_ = now + retry_pause;
}

void ElectionMachine::connected(DurationNs timeout, TimeNs now) {
  connected_ = true;
  timeout_ = timeout;
  if (phase_ == Phase::leading)
    probe_at_ = now;
  else
    enter(now);
}

void ElectionMachine::disconnected(TimeNs) {
  if (!connected_) return;
  connected_ = false;
  tell(ElectionEvent::Kind::trouble, "the connection to ZooKeeper is lost");
  if (phase_ == Phase::leading) return;  // tick() ends that when it is time
  ++round_;
  phase_ = Phase::away;
  retry_at_ = time_max;
}

void ElectionMachine::expired(TimeNs) {
  if (phase_ == Phase::leading) tell(ElectionEvent::Kind::lost, "ZooKeeper's session has expired");
  connected_ = false;
  ++round_;
  phase_ = Phase::away;
  retry_at_ = time_max;
  actions_.push_back(BeginSession{});
}

void ElectionMachine::entered(std::uint64_t round, ZooAnswer answer, const std::string& node,
                              TimeNs now) {
  if (!awaits(round, Phase::entering)) return;
  if (answer != ZooAnswer::done) return retry("ZooKeeper takes no candidate", now);
  node_ = node;
  list(now);
}

void ElectionMachine::listed(std::uint64_t round, ZooAnswer answer, std::vector<std::string> nodes,
                             TimeNs now) {
  if (!awaits(round, Phase::listing)) return;
  if (answer != ZooAnswer::done) return retry("ZooKeeper does not list the candidates", now);
  std::sort(nodes.begin(), nodes.end(),
            [](const std::string& a, const std::string& b) { return number_of(a) < number_of(b); });
  // If the answer to its making was lost and the way in did not find it, a session has two: the
  // first counts.
  std::string_view prefix = name_of(node_);
  auto own = std::find_if(nodes.begin(), nodes.end(),
                          [&](const std::string& node) { return name_of(node) == prefix; });
  if (own == nodes.end()) return enter(now);
  node_ = *own;
  asked_ = now;
  if (own == nodes.begin()) {
    phase_ = Phase::taking;
    actions_.push_back(TakeLead{++round_, node_});
  } else {
    phase_ = Phase::watching;
    actions_.push_back(WatchCandidate{++round_, *std::prev(own)});
  }
}

void ElectionMachine::watched(std::uint64_t round, ZooAnswer answer, TimeNs now) {
  if (!awaits(round, Phase::watching)) return;
  if (answer == ZooAnswer::failed) return retry("ZooKeeper does not watch the candidates", now);
  if (answer == ZooAnswer::gone) return list(now);
  phase_ = Phase::waiting;
}

void ElectionMachine::changed(TimeNs now) {
  if (phase_ == Phase::waiting || phase_ == Phase::watching) list(now);
}

void ElectionMachine::taken(std::uint64_t round, ZooAnswer answer, std::uint64_t term, TimeNs now) {
  if (!awaits(round, Phase::taking)) return;
  if (answer != ZooAnswer::done) return retry("ZooKeeper does not give the lead", now);
  lead_until_ = asked_ + trust();
  // An answer that was so long under way says nothing of now.
  if (now >= lead_until_) return retry("ZooKeeper answers late", now);
  phase_ = Phase::leading;
  probe_at_ = now + timeout_ / probes_per_timeout;
  actions_.push_back(ElectionEvent{ElectionEvent::Kind::gained, term, {}});
}

void ElectionMachine::probed(std::uint64_t round, ZooAnswer answer, TimeNs sent, TimeNs now) {
  if (!awaits(round, Phase::leading)) return;
  if (answer == ZooAnswer::done) lead_until_ = std::max(lead_until_, sent + trust());
  if (answer != ZooAnswer::gone) return;
  tell(ElectionEvent::Kind::lost, "the candidate's node in ZooKeeper is gone");
  ++round_;
  phase_ = Phase::away;
  if (connected_) enter(now);
}

void ElectionMachine::tick(TimeNs now) {
  if (phase_ == Phase::leading && now >= lead_until_) {
    tell(ElectionEvent::Kind::suspended, "nothing is heard of ZooKeeper");
    ++round_;
    phase_ = Phase::away;
    if (connected_) retry_at_ = now + retry_pause;
  }
  if (phase_ == Phase::leading && connected_ && now >= probe_at_) {
    probe_at_ = now + timeout_ / probes_per_timeout;
    actions_.push_back(ProbeCandidate{round_, node_, now});
  }
  if (phase_ == Phase::away && connected_ && now >= retry_at_) enter(now);
}

TimeNs ElectionMachine::next_time() const {
  if (phase_ == Phase::leading) return connected_ ? std::min(lead_until_, probe_at_) : lead_until_;
  return phase_ == Phase::away && connected_ ? retry_at_ : time_max;
}

std::vector<ElectionAction> ElectionMachine::take_actions() { return std::exchange(actions_, {}); }

}  // namespace dnstorm::cluster
