// Reflection: questions in a victim's name for one large answer, which the victim gets.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

// What fits into one packet of Ethernet.
constexpr std::size_t answer_size = 1400;

class Amplification final : public Attack {
 public:
  explicit Amplification(const Cast& cast) : domain_(cast.domain("large-answers")) {}
  Target target() const override { return {"network", network_of(outsider(victim))}; }

  void step(TimeNs now, Stage& stage) override {
    static constexpr std::uint16_t types[] = {type::any, type::any, type::txt, type::dnskey};
    Random& random = stage.random();
    std::uint16_t asked = types[random.below(std::size(types))];
    Ask ask = stage.question(outsider(victim), domain_, asked);
    ask.query.edns = ask.query.dnssec_ok = true;
    ask.query.udp_size = 4096;
    ask.query.recursion_desired = true;
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::aa};
    MessageWriter& writer = stage.begin(ask, reply);
    std::string text = random_label(random, letters_digits, 200, 200);
    while (writer.size() < answer_size - 230)
      if (asked == type::dnskey)
        writer.dnskey(domain_, 3600, 256, 8, std::span(as_bytes(text)));
      else
        writer.txt(domain_, 3600, {text});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  static constexpr std::uint32_t victim = 0x807;  // 172.16.8.7
  static MessageWriter::Bytes as_bytes(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }
  std::string domain_;
};

}  // namespace

std::unique_ptr<Attack> make_amplification(const Cast& cast) {
  return std::make_unique<Amplification>(cast);
}

}  // namespace dnstorm::capture::synth::attack
