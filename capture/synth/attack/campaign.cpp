#include "capture/synth/attack/campaign.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::synth::attack {

Campaign::Campaign(const Options& options, const Clients& clients, const NameList& names,
                   Timeline& timeline)
    : stage_(options, timeline) {
  for (const Spec& spec : options.attacks) {
    const Kind* kind = find_kind(spec.kind);
    DNSTORM_ASSERT(kind != nullptr, "the kinds are checked", spec.kind);
    std::uint64_t seed = mix(options.seed + all_.size()) ^ identity_of(spec.kind);
    auto running = std::make_unique<Running>(spec, seed);
    Cast cast{spec, options, clients, names, running->random};
    running->attack = kind->make(cast);
    running->start = options.start + spec.at;
    running->end = running->start + spec.length;
    double rate = spec.rate.value_or(running->attack->rate(kind->rates[cast.level()]));
    if (rate > 0) {
      running->gap_ns = 1e9 / rate;
      schedule(*running, running->start);
    }
    all_.push_back(std::move(running));
  }
  find_next();
}

void Campaign::schedule(Running& running, TimeNs after) {
  TimeNs due = after + static_cast<TimeNs>(running.random.exponential() * running.gap_ns);
  running.due = due < running.end ? due : time_max;
}

void Campaign::find_next() {
  next_ = nullptr;
  for (const auto& running : all_)
    if (running->due != time_max && (next_ == nullptr || running->due < next_->due))
      next_ = running.get();
}

void Campaign::step() {
  Running& running = *next_;
  auto number = static_cast<std::uint32_t>(
      std::find_if(all_.begin(), all_.end(), [&](auto& r) { return r.get() == next_; }) -
      all_.begin());
  stage_.enter(number, running.random);
  running.attack->step(running.due, stage_);
  schedule(running, running.due);
  find_next();
}

DurationNs Campaign::slowed(TimeNs time, const IpAddress& server, DurationNs delay) {
  for (const auto& running : all_) {
    if (time < running->start || time >= running->end) continue;
    DurationNs longer = running->attack->slowed(server, delay);
    running->slowed += longer != delay ? 1U : 0U;
    delay = longer;
  }
  return delay;
}

std::vector<AttackTruth> Campaign::truth() const {
  std::vector<AttackTruth> list;
  for (const auto& running : all_) {
    Target target = running->attack->target();
    list.push_back({.kind = running->spec.kind,
                    .strength = std::string(to_string(running->spec.strength)),
                    .key_kind = std::move(target.kind),
                    .key = std::move(target.key),
                    .start = running->start,
                    .end = running->end,
                    .slowed = running->slowed});
  }
  return list;
}

}  // namespace dnstorm::capture::synth::attack
