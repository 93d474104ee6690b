// Poisoning after Kaminsky: a resolver is made to ask for names that nobody has, and before the
// authority's answer come forged ones, with guessed ids, some with a wrong port. Of 20 such races
// the forger wins one: then the true answer comes second and says something else.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr double wins = 0.05, wrong_port = 0.2;

class Poisoning final : public Attack {
 public:
  explicit Poisoning(const Cast& cast)
      : domain_(cast.domain("poisoned-zone")), forged_(cast.by_strength(10U, 20U, 50U)) {}
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    Ask ask = stage.question(outsider(resolver),
                             under(random_label(random, letters, 8, 12), domain_), type::a);
    ask.upstream = true;
    ask.query.recursion_desired = false;
    ask.ends.dst = pool_address(false, 0xd00d);
    stage.ask(now, ask);
    DurationNs true_after = random.between(20'000, 50'000) * ns_per_us;
    bool won = random.chance(wins);
    for (std::uint32_t i = 0; i < forged_; ++i) {
      TimeNs time = now + random.between(500, 19'000) * ns_per_us;
      forge(time, ask, won && i == 0, now, stage);
    }
    Reply reply{.flags = MessageWriter::aa, .matches = !won};
    stage.begin(ask, reply).a(ask.query.sent, 300, {198, 18, 13, 37});
    stage.answer(now + true_after, ask, reply, now);
  }

 private:
  static constexpr std::uint32_t resolver = 0xc35;  // 172.16.12.53

  void forge(TimeNs time, const Ask& ask, bool right, TimeNs asked, Stage& stage) {
    Random& random = stage.random();
    auto off = static_cast<std::uint16_t>(random.between(1, 65535));
    Endpoints from = ask.ends.reversed();
    Reply reply{.flags = MessageWriter::aa, .matches = right};
    if (!right) {
      reply.id = static_cast<std::uint16_t>(ask.query.id + off);
      if (random.chance(wrong_port)) from.dst_port = port_beside(ask.ends.src_port, random);
    }
    MessageWriter& writer = stage.begin(ask, reply);
    writer.a(ask.query.sent, 86400, {198, 18, 66, 6});
    writer.authority().ns(domain_, 86400, "ns.forger.com");
    stage.answer(time, ask, reply, asked, from);
  }
  static std::uint16_t port_beside(std::uint16_t port, Random& random) {
    auto other = static_cast<std::uint16_t>(random.between(1024, 65535));
    return other == port ? static_cast<std::uint16_t>(port - 1) : other;
  }

  std::string domain_;
  std::uint32_t forged_;  // answers a question
};

}  // namespace

std::unique_ptr<Attack> make_poisoning(const Cast& cast) {
  return std::make_unique<Poisoning>(cast);
}

}  // namespace dnstorm::capture::synth::attack
