// NXNS (Afek, Bremler-Barr and Shafir, USENIX Security 2020): the delegation of an attacker's name
// names many servers in a victim's domain, none of which exists, and the resolver looks for all of
// them. The client's question and the resolver's are both seen: in dnstap as CLIENT and RESOLVER
// messages.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr std::size_t named = 20;  // in the delegation; a chain of them makes up the rest

class FanOut final : public Attack {
 public:
  explicit FanOut(const Cast& cast)
      : victim_(cast.domain("fan-out-victim")),
        attacker_("nxns-" + victim_),
        client_(cast.insider()),
        each_(cast.by_strength(20U, 100U, 500U)) {}
  Target target() const override { return {"domain", victim_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    std::string name = under(random_label(random, letters, 10, 10), attacker_);
    Ask ask = stage.question(client_, name, type::a);
    stage.ask(now, ask);
    delegation(now + 200 * ns_per_us, name, stage);
    TimeNs time = now + 30 * ns_per_ms;
    for (std::uint32_t i = 0; i < each_; ++i) {
      Ask look = upstream(under(random_label(random, letters_digits, 8, 12), victim_), stage);
      stage.deny(time, look, victim_);
      time += random.between(20, 400) * ns_per_us;
    }
    Reply reply{.rcode = dns::rcode::servfail, .flags = MessageWriter::ra};
    stage.begin(ask, reply);
    stage.answer(time + 30 * ns_per_ms, ask, reply, now);
  }

 private:
  Ask upstream(std::string name, Stage& stage) const {
    Ask ask = stage.question(server_address(false, 0), std::move(name), type::a);
    ask.upstream = true;
    ask.query.recursion_desired = false;
    ask.ends.dst = pool_address(false, 0xfa0);
    return ask;
  }

  void delegation(TimeNs now, const std::string& name, Stage& stage) {
    Ask ask = upstream(name, stage);
    ask.ends.dst = pool_address(false, 0xfa1);
    stage.ask(now, ask);
    Reply reply;
    MessageWriter& writer = stage.begin(ask, reply).authority();
    for (std::size_t i = 0; i < named; ++i)
      writer.ns(name, 86400, under(random_label(stage.random(), letters_digits, 8, 12), victim_));
    stage.answer(now + 20 * ns_per_ms, ask, reply, now);
  }

  std::string victim_, attacker_;
  IpAddress client_;
  std::uint32_t each_;  // questions of the resolver for one of the client
};

}  // namespace

std::unique_ptr<Attack> make_fan_out(const Cast& cast) { return std::make_unique<FanOut>(cast); }

}  // namespace dnstorm::capture::synth::attack
