// TsuNAME (Moura and others, IMC 2021): two zones name each other's servers as theirs, and
// resolvers go round without end, the same questions again and again.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class Loops final : public Attack {
 public:
  explicit Loops(const Cast& cast)
      : domain_(cast.domain("round-and")),
        other_("round-" + domain_),
        resolvers_(cast.client_count(1, 3, 10)) {}
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    static constexpr std::uint16_t types[] = {type::a, type::aaaa, type::ns};
    Random& random = stage.random();
    bool turn = random.chance(0.5);
    const std::string& zone = turn ? domain_ : other_;
    const std::string& servers = turn ? other_ : domain_;
    std::uint16_t asked = types[random.below(std::size(types))];
    std::string name = asked == type::ns ? zone : under("ns1", zone);
    Ask ask = stage.question(outsider(first + random.below(resolvers_)), std::move(name), asked);
    ask.query.recursion_desired = false;
    stage.ask(now, ask);
    Reply reply;
    stage.begin(ask, reply)
        .authority()
        .ns(zone, 3600, under("ns1", servers))
        .ns(zone, 3600, under("ns2", servers));
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  static constexpr std::uint32_t first = 0x2001;  // 172.16.32.1
  std::string domain_, other_;
  std::uint32_t resolvers_;
};

}  // namespace

std::unique_ptr<Attack> make_loops(const Cast& cast) { return std::make_unique<Loops>(cast); }

}  // namespace dnstorm::capture::synth::attack
