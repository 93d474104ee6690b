// Rebinding: a name of the public Internet that answers with a public address first and with one of
// the inner network a moment later.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class Rebinding final : public Attack {
 public:
  explicit Rebinding(const Cast& cast)
      : domain_(cast.domain("rebind-host")), client_(cast.insider()) {}
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    static constexpr MessageWriter::V4 inner[] = {
        {192, 168, 1, 1}, {127, 0, 0, 1}, {10, 0, 0, 1}, {192, 168, 0, 254}};
    Random& random = stage.random();
    if (count_ % 2 == 0) name_ = under(random_label(random, letters_digits, 8, 8), domain_);
    Ask ask = stage.question(client_, name_, type::a);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    stage.begin(ask, reply)
        .a(name_, 1,
           count_++ % 2 == 0 ? MessageWriter::V4{198, 18, 66, 8} : inner[random.below(4)]);
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  std::string domain_, name_;
  IpAddress client_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_rebinding(const Cast& cast) {
  return std::make_unique<Rebinding>(cast);
}

}  // namespace dnstorm::capture::synth::attack
