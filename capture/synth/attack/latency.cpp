// A slow server: one of the two takes several times as long for its ordinary answers over UDP. It
// puts no packets of its own.
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

class Latency final : public Attack {
 public:
  explicit Latency(const Cast& cast) : factor_(cast.by_strength(2, 5, 25)) {}
  Target target() const override { return {"server", format_ip(server_address(false, 0))}; }
  void step(TimeNs, Stage&) override {}
  DurationNs slowed(const IpAddress& server, DurationNs delay) const override {
    return server == server_address(false, 0) ? delay * factor_ : delay;
  }

 private:
  int factor_;
};

}  // namespace

std::unique_ptr<Attack> make_latency(const Cast& cast) { return std::make_unique<Latency>(cast); }

}  // namespace dnstorm::capture::synth::attack
