// Infected clients look for their master under generated names, of which hardly any is registered.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr double registered = 0.002;

class Dga final : public Attack {
 public:
  explicit Dga(const Cast& cast)
      : tld_(cast.options.view == View::tld),
        mode_(cast.spec.mode.empty() ? "letters" : cast.spec.mode) {
    std::uint32_t count = cast.client_count(1, 5, 50);
    for (std::uint32_t i = 0; i < count; ++i) infected_.push_back(cast.insider());
  }
  // The first of them stands for all.
  Target target() const override { return {"client", format_ip(infected_.front())}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    static constexpr std::string_view tlds[] = {"com", "net", "org", "info", "biz", "ru"};
    std::string_view tld = tld_ ? "net" : tlds[random.below(std::size(tlds))];
    std::string name = under(label(random), tld);
    Ask ask = stage.question(infected_[turn_++ % infected_.size()], name, type::a);
    if (!random.chance(registered)) return stage.deny(now, ask, tld);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    stage.begin(ask, reply).a(name, 300, {198, 18, 66, 6});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  std::string label(Random& random) const {
    if (mode_ == "hex") return random_label(random, "0123456789abcdef", 16, 32);
    if (mode_ == "letters") return random_label(random, letters, 12, 20);
    auto all = static_cast<std::uint32_t>(word_count());
    std::string text = word(random.below(all));
    text += word(random.below(all));
    return text + word(random.below(all));
  }

  bool tld_;
  std::string mode_;
  std::vector<IpAddress> infected_;
  std::size_t turn_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_dga(const Cast& cast) { return std::make_unique<Dga>(cast); }

}  // namespace dnstorm::capture::synth::attack
