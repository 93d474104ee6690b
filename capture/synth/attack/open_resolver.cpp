// An open resolver, used from outside: strangers ask for recursion, and get it. Mode 'rogue': inner
// clients ask a resolver that is not theirs, which answers with its own addresses.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class OpenResolver final : public Attack {
 public:
  explicit OpenResolver(const Cast& cast)
      : cast_(cast), rogue_(cast.spec.mode == "rogue"), clients_(cast.client_count(1, 20, 1000)) {}
  Target target() const override {
    return {"server", format_ip(rogue_ ? outsider(rogue) : server_address(false, 0))};
  }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    auto rank =
        random.below(static_cast<std::uint32_t>(std::min<std::size_t>(cast_.names.size(), 1000)));
    IpAddress client = rogue_ ? cast_.insider() : outsider(first + random.below(clients_));
    Ask ask = stage.question(client, std::string(cast_.names[rank]), type::a);
    ask.query.recursion_desired = true;
    ask.ends.dst = rogue_ ? outsider(rogue) : server_address(false, 0);
    // An insider of a network that has IPv6 alone cannot ask it.
    if (!client.is_v4()) ask.ends.src = outsider(first);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    stage.begin(ask, reply).a(ask.query.sent, 300, {198, 18, 66, 9});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  static constexpr std::uint32_t rogue = 0x1435;   // 172.16.20.53
  static constexpr std::uint32_t first = 0x18000;  // 172.17.128.0
  Cast cast_;
  bool rogue_;
  std::uint32_t clients_;
};

}  // namespace

std::unique_ptr<Attack> make_open_resolver(const Cast& cast) {
  return std::make_unique<OpenResolver>(cast);
}

}  // namespace dnstorm::capture::synth::attack
