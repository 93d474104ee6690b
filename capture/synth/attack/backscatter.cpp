// What an authority hears when answers are forged in its name: the resolver says by ICMP that
// nobody listens at the ports that the forger guessed, and quotes the forged answer.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class Backscatter final : public Attack {
 public:
  explicit Backscatter(const Cast& cast) : domain_(cast.domain("poisoned-zone")) {}
  Target target() const override { return {"client", format_ip(outsider(resolver))}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    Ask ask = stage.question(outsider(resolver),
                             under(random_label(random, letters, 8, 12), domain_), type::a);
    MessageWriter& writer = stage.begin(ask, {.flags = MessageWriter::aa});
    writer.a(ask.query.sent, 86400, {198, 18, 66, 6});
    stage.unreachable(now, ask.ends, writer.finish());
  }

 private:
  static constexpr std::uint32_t resolver = 0xc36;  // 172.16.12.54
  std::string domain_;
};

}  // namespace

std::unique_ptr<Attack> make_backscatter(const Cast& cast) {
  return std::make_unique<Backscatter>(cast);
}

}  // namespace dnstorm::capture::synth::attack
