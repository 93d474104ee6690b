// Lame delegation: a resolver asks the servers to which a domain is delegated, and of two one
// refuses, because it knows nothing of that zone.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr double lame_asked = 0.6;  // retried at the other

class LameDelegation final : public Attack {
 public:
  explicit LameDelegation(const Cast& cast) : domain_(cast.domain("half-delegated")) {}
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    Ask ask = stage.question(outsider(resolver), under(word_name(random), domain_), type::a);
    ask.upstream = true;
    ask.query.recursion_desired = false;
    bool lame = random.chance(lame_asked);
    ask.ends.dst = pool_address(false, lame ? 0xba1U : 0xba2U);
    if (lame) return stage.deny(now, ask, domain_, refusal(random));
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::aa};
    stage.begin(ask, reply).a(ask.query.sent, 300, {198, 18, 41, 1});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  static constexpr std::uint32_t resolver = 0x1c35;  // 172.16.28.53
  static std::string word_name(Random& random) {
    return word(random.below(static_cast<std::uint32_t>(word_count())));
  }
  static std::uint16_t refusal(Random& random) {
    return random.chance(0.9) ? dns::rcode::refused : dns::rcode::servfail;
  }
  std::string domain_;
};

}  // namespace

std::unique_ptr<Attack> make_lame_delegation(const Cast& cast) {
  return std::make_unique<LameDelegation>(cast);
}

}  // namespace dnstorm::capture::synth::attack
