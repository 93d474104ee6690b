// Domains that look like a protected one: a letter too many, too few, another or in another's
// place, a digit for a letter, a Cyrillic letter. 'domain' is the protected one.
#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

class Typosquat final : public Attack {
 public:
  explicit Typosquat(const Cast& cast)
      : cast_(cast),
        domain_(cast.domain("example-bank")),
        label_(domain_.substr(0, domain_.find('.'))),
        rest_(domain_.size() > label_.size() ? domain_.substr(label_.size() + 1) : "com"),
        kinds_(cast.by_strength(1U, 5U, 7U)) {}
  Target target() const override { return {"domain", domain_}; }

  void step(TimeNs now, Stage& stage) override {
    Random& random = stage.random();
    Ask ask = stage.question(cast_.insider(), under(changed(random), rest_), type::a);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::ra};
    stage.begin(ask, reply).a(ask.query.sent, 300, {198, 18, 66, 7});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  std::string changed(Random& random) const {
    std::string text = label_;
    auto size = static_cast<std::uint32_t>(text.size());
    std::uint32_t at = random.below(size);
    char other = letters[random.below(26)];
    switch (random.below(kinds_)) {
      case 0:
        if (other == text[at]) other = other == 'q' ? 'x' : 'q';
        text[at] = other;
        break;
      case 1:
        text.insert(at, 1, text[at]);
        break;
      case 2:
        if (size > 3) text.erase(at, 1);
        break;
      case 3:
        text.insert(at, 1, other);
        break;
      case 4:
        return homograph(at);
      case 5:
        for (char& c : text) c = c == 'o' ? '0' : c == 'l' || c == 'i' ? '1' : c == 'e' ? '3' : c;
        break;
      default:
        if (at + 1 < size) std::swap(text[at], text[at + 1]);
    }
    // Not itself, and a label that may be registered.
    if (text == label_ || text.front() == '-' || text.back() == '-') return label_ + "s";
    return text;
  }

  // The label with a Cyrillic letter for the first at or behind `from` that has one of its looks,
  // as RFC 3492 encodes it: the ASCII letters, then where the other one stands and which it is.
  std::string homograph(std::size_t from) const {
    static constexpr std::pair<char, std::uint32_t> looks[] = {
        {'a', 0x430}, {'e', 0x435}, {'o', 0x43e}, {'p', 0x440}, {'c', 0x441}, {'x', 0x445}};
    for (std::size_t i = 0; i < label_.size(); ++i) {
      std::size_t at = (from + i) % label_.size();
      for (auto [letter, code] : looks) {
        if (label_[at] != letter) continue;
        std::string rest = label_;
        rest.erase(at, 1);
        auto delta = (code - 0x80) * static_cast<std::uint32_t>(rest.size() + 1) +
                     static_cast<std::uint32_t>(at);
        return "xn--" + rest + '-' + punycode(delta);
      }
    }
    return label_ + "s";
  }

  static std::string punycode(std::uint32_t number) {
    static constexpr std::uint32_t base = 36, bias = 72, t_min = 1, t_max = 26;
    std::string text;
    for (std::uint32_t k = base;; k += base) {
      std::uint32_t t = k <= bias ? t_min : std::min(k - bias, t_max);
      std::uint32_t digit = number < t ? number : t + (number - t) % (base - t);
      text += "abcdefghijklmnopqrstuvwxyz0123456789"[digit];
      if (number < t) return text;
      number = (number - t) / (base - t);
    }
  }

  Cast cast_;
  std::string domain_;
  std::string label_, rest_;
  std::uint32_t kinds_;
};

}  // namespace

std::unique_ptr<Attack> make_typosquat(const Cast& cast) {
  return std::make_unique<Typosquat>(cast);
}

}  // namespace dnstorm::capture::synth::attack
