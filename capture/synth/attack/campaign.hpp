// Plays the attacks that were asked for: each has its own randomness, so that the traffic below is
// the same without them. One owner, one thread.
#pragma once

#include <memory>
#include <vector>

#include "capture/synth/attack/attack.hpp"
#include "capture/synth/truth.hpp"

namespace dnstorm::capture::synth::attack {

class Campaign {
 public:
  // All must outlive the campaign; the options have been checked.
  Campaign(const Options& options, const Clients& clients, const NameList& names,
           Timeline& timeline);

  // The next step, or time_max.
  TimeNs next() const { return next_ == nullptr ? time_max : next_->due; }
  void step();
  // How long `server` takes for an ordinary query of this time. Tells in the truth of the attack
  // that it had a hand in it.
  DurationNs slowed(TimeNs time, const IpAddress& server, DurationNs delay);
  // In the order of the options.
  std::vector<AttackTruth> truth() const;

 private:
  struct Running {
    Running(const Spec& of, std::uint64_t seed) : spec(of), random(seed) {}
    const Spec& spec;
    Random random;
    std::unique_ptr<Attack> attack;
    double gap_ns = 0;  // between steps, on average
    TimeNs start = 0, end = 0, due = time_max;
    std::uint64_t slowed = 0;
  };
  void schedule(Running& running, TimeNs after);
  void find_next();

  Stage stage_;
  std::vector<std::unique_ptr<Running>> all_;
  Running* next_ = nullptr;
};

}  // namespace dnstorm::capture::synth::attack
