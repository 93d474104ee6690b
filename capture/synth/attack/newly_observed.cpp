// A domain that nobody has asked for before, and from now on several clients do.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class NewlyObserved final : public Attack {
 public:
  explicit NewlyObserved(const Cast& cast) : domain_(cast.domain("never-seen-before")) {
    std::uint32_t count = cast.client_count(1, 20, 200);
    for (std::uint32_t i = 0; i < count; ++i) clients_.push_back(cast.insider());
  }
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    const IpAddress& client = clients_[random.below(static_cast<std::uint32_t>(clients_.size()))];
    std::string name = random.chance(0.5) ? domain_ : under("www", domain_);
    Ask ask = stage.question(client, std::move(name), random.chance(0.7) ? type::a : type::aaaa);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    MessageWriter& writer = stage.begin(ask, reply);
    if (ask.query.type == type::a)
      writer.a(ask.query.sent, 300, {198, 18, 50, 1});
    else
      writer.aaaa(ask.query.sent, 300, {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xfe, 0x32, 1});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  std::string domain_;
  std::vector<IpAddress> clients_;
};

}  // namespace

std::unique_ptr<Attack> make_newly_observed(const Cast& cast) {
  return std::make_unique<NewlyObserved>(cast);
}

}  // namespace dnstorm::capture::synth::attack
