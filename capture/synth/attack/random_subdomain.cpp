// Water torture: each query has a random label of its own below one domain; the queries come by way
// of ordinary resolvers or clients. A strong one tires the domain's servers, who then answer no
// more.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class RandomSubdomain final : public Attack {
 public:
  explicit RandomSubdomain(const Cast& cast)
      : cast_(cast),
        domain_(cast.domain("torture-victim")),
        tired_(cast.by_strength(0.0, 0.05, 0.3)) {
    std::uint32_t count = cast.client_count(10, 50, 300);
    for (std::uint32_t i = 0; i < count; ++i) sources_.push_back(cast.insider());
  }
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    const IpAddress& source = sources_[random.below(static_cast<std::uint32_t>(sources_.size()))];
    std::string name = under(random_label(random, letters_digits, 6, 16), domain_);
    Ask ask = stage.question(source, std::move(name), random.chance(0.9) ? type::a : type::aaaa);
    if (!random.chance(tired_)) return stage.deny(now, ask, domain_);
    if (random.chance(0.5)) return stage.deny(now, ask, domain_, dns::rcode::servfail);
    stage.ask(now, ask);
  }

 private:
  Cast cast_;
  std::string domain_;
  double tired_;
  std::vector<IpAddress> sources_;
};

}  // namespace

std::unique_ptr<Attack> make_random_subdomain(const Cast& cast) {
  return std::make_unique<RandomSubdomain>(cast);
}

}  // namespace dnstorm::capture::synth::attack
