// A client goes through a zone: by the words of a list, most of which are no names, or along NSEC,
// where each answer tells the next name (RFC 4470 1).
#include <fmt/format.h>

#include "capture/synth/attack/labels.hpp"
#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

namespace type = dns::type;
using dns::MessageWriter;

constexpr double exists = 0.05;

class ZoneScan final : public Attack {
 public:
  explicit ZoneScan(const Cast& cast) : zone_(zone_of(cast)), walks_(cast.spec.mode == "nsec") {}
  Target target() const override { return {"client", format_ip(outsider(client))}; }

  void step(TimeNs now, Stage& stage) override {
    if (walks_) return walk(now, stage);
    Random& random = stage.random();
    Ask ask = stage.question(outsider(client), under(word(count_++), zone_), type::a);
    if (!random.chance(exists)) return stage.deny(now, ask, zone_);
    stage.ask(now, ask);
    Reply reply{.flags = MessageWriter::aa};
    stage.begin(ask, reply).a(ask.query.sent, 3600, {198, 18, 1, 2});
    stage.answer(now + stage.delay(), ask, reply, now);
  }

 private:
  static constexpr std::uint32_t client = 0x1009;  // 172.16.16.9

  static std::string zone_of(const Cast& cast) {
    if (!cast.spec.domain.empty() || cast.options.view == View::resolver)
      return cast.domain("scanned-zone");
    return cast.options.view == View::tld ? "net" : ".";
  }
  // Names in their canonical order.
  std::string owner(std::uint64_t number, std::string_view behind = "") const {
    return under(fmt::format("host{:07}{}", number * 17, behind), zone_);
  }

  // A name closely behind a known one: the denial speaks of the gap in which it falls.
  void walk(TimeNs now, Stage& stage) {
    static constexpr std::uint16_t at_host[] = {type::a, type::txt, type::rrsig, type::nsec};
    std::string known = owner(count_);
    Ask ask = stage.question(outsider(client), owner(count_++, "-"), type::a);
    ask.query.edns = ask.query.dnssec_ok = true;
    stage.ask(now, ask);
    Reply reply{.rcode = dns::rcode::nxdomain, .flags = MessageWriter::aa};
    MessageWriter& writer = stage.begin(ask, reply).authority();
    writer.soa(zone_, 900, {.mname = under("ns1", zone_), .rname = under("hostmaster", zone_)});
    writer.nsec(known, 3600, owner(count_), at_host);
    std::array<std::uint8_t, 64> signature{};
    stage.random().fill(signature);
    writer.rrsig(known, 3600, {.covered = type::nsec, .labels = 3, .signer = zone_}, signature);
    stage.answer(now + stage.delay(), ask, reply, now);
  }

  std::string zone_;
  bool walks_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_zone_scan(const Cast& cast) {
  return std::make_unique<ZoneScan>(cast);
}

}  // namespace dnstorm::capture::synth::attack
