// Fast flux: one name whose addresses are those of many infected hosts all over the Internet, a few
// at a time and for a short while. Addresses are drawn from all networks that are routed: what is
// told by them (networks, operators) would not be of reserved ones.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr std::uint32_t at_a_time = 5;

class FastFlux final : public Attack {
 public:
  explicit FastFlux(const Cast& cast)
      : cast_(cast), domain_(cast.domain("flux-front")), ttl_(cast.by_strength(300U, 120U, 60U)) {
    std::uint32_t count = cast.by_strength(15U, 200U, 2000U);
    while (hosts_.size() < count)
      if (auto host = static_cast<std::uint32_t>(cast.random.next()); is_routed(host))
        hosts_.push_back(host);
  }
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    Ask ask = stage.question(cast_.insider(), under("login", domain_), type::a);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    MessageWriter& writer = stage.begin(ask, reply);
    for (std::uint32_t i = 0; i < at_a_time; ++i) {
      std::uint32_t host = hosts_[random.below(static_cast<std::uint32_t>(hosts_.size()))];
      writer.a(ask.query.sent, ttl_, bytes_of(host));
    }
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  static bool is_routed(std::uint32_t ip) {
    std::uint32_t first = ip >> 24U, two = ip >> 16U;
    bool reserved = first == 0 || first == 10 || first == 127 || first >= 224 || two == 0xa9fe ||
                    two == 0xc0a8 || two == 0xc000 || two >> 4U == 0xac1 || two >> 6U == 0x191 ||
                    two >> 1U == 0x6309 || two == 0xc633 || two == 0xcb00;
    return !reserved;
  }
  static MessageWriter::V4 bytes_of(std::uint32_t ip) {
    return {static_cast<std::uint8_t>(ip >> 24U), static_cast<std::uint8_t>(ip >> 16U),
            static_cast<std::uint8_t>(ip >> 8U), static_cast<std::uint8_t>(ip)};
  }

  Cast cast_;
  std::string domain_;
  std::uint32_t ttl_;
  std::vector<std::uint32_t> hosts_;
};

}  // namespace

std::unique_ptr<Attack> make_fast_flux(const Cast& cast) {
  return std::make_unique<FastFlux>(cast);
}

}  // namespace dnstorm::capture::synth::attack
