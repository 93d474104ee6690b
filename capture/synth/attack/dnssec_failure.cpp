// A domain whose signatures fail (they have run out, or its DS is wrong): SERVFAIL with an extended
// error (RFC 8914), and the data to who does not want it checked.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr double unchecked = 0.1;
constexpr std::uint16_t bogus = 6, signature_expired = 7;

class DnssecFailure final : public Attack {
 public:
  explicit DnssecFailure(const Cast& cast) : domain_(cast.domain("expired-keys")) {
    std::uint32_t count = cast.client_count(5, 40, 200);
    for (std::uint32_t i = 0; i < count; ++i) clients_.push_back(cast.insider());
  }
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    static constexpr std::string_view hosts[] = {"www", "mail", "api", "login"};
    Random& random = stage.random();
    const IpAddress& client = clients_[random.below(static_cast<std::uint32_t>(clients_.size()))];
    Ask ask = stage.question(client, under(hosts[random.below(4)], domain_), type::a);
    ask.query.edns = true;
    ask.checking_disabled = random.chance(unchecked);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    if (!ask.checking_disabled) {
      reply.rcode = dns::rcode::servfail;
      reply.extended_error = random.chance(0.7) ? signature_expired : bogus;
    }
    MessageWriter& writer = stage.begin(ask, reply);
    if (ask.checking_disabled) writer.a(ask.query.sent, 300, {198, 18, 40, 1});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  std::string domain_;
  std::vector<IpAddress> clients_;
};

}  // namespace

std::unique_ptr<Attack> make_dnssec_failure(const Cast& cast) {
  return std::make_unique<DnssecFailure>(cast);
}

}  // namespace dnstorm::capture::synth::attack
