// A tunnel: a client's data go out in labels below a domain and come back in TXT or NULL records. A
// quiet one, about a byte a second, is exfiltration by addresses asked for.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class Tunnel final : public Attack {
 public:
  explicit Tunnel(const Cast& cast)
      : domain_(cast.domain("tunnel-end")),
        client_(cast.insider()),
        letters_(cast.by_strength(20U, 96U, 180U)),
        type_(cast.by_strength(type::a, type::txt, type::null)),
        back_(cast.by_strength(0U, 60U, 250U)) {}
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    std::size_t room = std::min<std::size_t>(letters_, 240 - domain_.size());
    Ask ask =
        stage.question(client_, under(random_labels(random, base32_digits, room), domain_), type_);
    ask.query.recursion_desired = true;
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    MessageWriter& writer = stage.begin(ask, reply);
    std::array<std::uint8_t, 255> bytes{};
    auto data = std::span(bytes).first(back_);
    if (type_ == type::a) {
      writer.a(ask.query.sent, 1, {198, 18, 77, static_cast<std::uint8_t>(random.below(256))});
    } else if (type_ == type::txt) {
      writer.txt(ask.query.sent, 0, {random_label(random, base32_digits, back_, back_)});
    } else {
      random.fill(data);
      writer.record(ask.query.sent, type_, 0).bytes(data);
    }
    // By way of the tunnel's server, which is far away.
    stage.answer(now + random.between(20'000, 60'000) * ns_per_us, ask, reply, now);
  }

 private:
  std::string domain_;
  IpAddress client_;
  std::uint32_t letters_;
  std::uint16_t type_;
  std::uint32_t back_;  // bytes in an answer
};

}  // namespace

std::unique_ptr<Attack> make_tunnel(const Cast& cast) { return std::make_unique<Tunnel>(cast); }

}  // namespace dnstorm::capture::synth::attack
