// A flood of names of which none exists, all over the name space, from one network: no cache helps.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class NxdomainFlood final : public Attack {
 public:
  explicit NxdomainFlood(const Cast& cast)
      : tld_(cast.options.view == View::tld), sources_(cast.client_count(1, 5, 50)) {}
  Target target() const override { return {"network", network_of(outsider(first))}; }

  void step(TimeNs now, Stage& stage) override {
    static constexpr std::string_view tlds[] = {"com", "net", "org", "info", "biz"};
    Random& random = stage.random();
    std::string_view tld = tld_ ? "net" : tlds[random.below(std::size(tlds))];
    std::string name = under(random_label(random, letters, 9, 16), tld);
    if (random.chance(0.5)) name = under("www", name);
    Ask ask = stage.question(outsider(first + random.below(std::min(sources_, 250U))),
                             std::move(name), type::a);
    stage.deny(now, ask, tld);
  }

 private:
  static constexpr std::uint32_t first = 0x401;  // 172.16.4.1
  bool tld_;
  std::uint32_t sources_;
};

}  // namespace

std::unique_ptr<Attack> make_nxdomain_flood(const Cast& cast) {
  return std::make_unique<NxdomainFlood>(cast);
}

}  // namespace dnstorm::capture::synth::attack
