#include "capture/synth/generator.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <variant>

#include "capture/dns/writer.hpp"
#include "capture/synth/answers.hpp"
#include "capture/synth/arrivals.hpp"
#include "capture/synth/clients.hpp"
#include "capture/synth/names.hpp"
#include "capture/synth/questions.hpp"

namespace dnstorm::capture::synth {

namespace {

enum class PacketKind : std::uint8_t { message, malformed, not_dns };

// A packet that waits for its time. Kept and filled again: no allocation in the long run.
struct Packet {
  TimeNs time = 0;
  PacketKind kind = PacketKind::message;
  Damage damage{};
  Noise noise{};
  std::uint32_t length = 0;
  Frame frame;
  MessageFacts facts;
};

// Packets by time; of equal times the one that was put in first.
class Timeline {
 public:
  Packet& add(TimeNs time) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(packets_.size()));
      packets_.push_back(std::make_unique<Packet>());
    }
    std::uint32_t slot = free_.back();
    free_.pop_back();
    order_.push({time, count_++, slot});
    packets_[slot]->time = time;
    return *packets_[slot];
  }
  bool due(TimeNs until) const { return !order_.empty() && order_.top().time <= until; }
  // The first packet; it stays as it is until the next add().
  const Packet& take() {
    std::uint32_t slot = order_.top().slot;
    order_.pop();
    free_.push_back(slot);
    return *packets_[slot];
  }

 private:
  struct Entry {
    TimeNs time;
    std::uint64_t number;
    std::uint32_t slot;
    bool operator<(const Entry& other) const {  // the queue's top is its greatest
      return time != other.time ? time > other.time : number > other.number;
    }
  };
  std::priority_queue<Entry> order_;
  std::vector<std::unique_ptr<Packet>> packets_;
  std::vector<std::uint32_t> free_;
  std::uint64_t count_ = 0;
};

class Generator {
 public:
  Generator(const Options& options, const NameList& names, const PacketSink& sink, Random random)
      : options_(options),
        sink_(sink),
        random_(random),
        arrivals_(options),
        clients_(options),
        questions_(options, names),
        answers_(options),
        malformed_each_(options.malformed / (1 - options.malformed - options.not_dns)),
        not_dns_each_(options.not_dns / (1 - options.malformed - options.not_dns)) {}

  Result<Truth> run() {
    std::uint64_t limit = options_.queries.value_or(std::numeric_limits<std::uint64_t>::max());
    TimeNs end = options_.duration ? options_.start + *options_.duration : time_max;
    while (asked_ < limit && !full()) {
      TimeNs now = arrivals_.next(random_);
      if (now >= end) break;
      DNSTORM_CHECK(write_until(now));
      new_query();
      ask(now, asked_ + 1 < limit);
    }
    DNSTORM_CHECK(write_until(time_max));
    return std::move(truth_);
  }

 private:
  // Time stamps are what the file can hold, so that differences are what a reader of it finds.
  TimeNs stamp(TimeNs time) const {
    return options_.nanoseconds ? time : time / ns_per_us * ns_per_us;
  }
  bool full() const { return options_.packets && truth_.packets() >= *options_.packets; }

  Result<void> write_until(TimeNs until) {
    while (timeline_.due(until) && !full()) {
      const Packet& packet = timeline_.take();
      DNSTORM_CHECK(sink_(packet.time, packet.frame, packet.length));
      if (packet.kind == PacketKind::message)
        truth_.add_message(packet.time, packet.frame.size(), packet.facts);
      else if (packet.kind == PacketKind::malformed)
        truth_.add_malformed(packet.time, packet.frame.size(), packet.damage, packet.facts);
      else
        truth_.add_noise(packet.time, packet.frame.size(), packet.noise);
    }
    return {};
  }

  void new_query() {
    questions_.make(random_, query_);
    client_ = clients_.pick(random_);
    new_endpoints();
  }
  void new_endpoints() {
    bool v6 = clients_.is_v6(client_);
    ends_.src = clients_.address(client_);
    ends_.dst = server_address(v6, random_.below(2));
    ends_.src_port = static_cast<std::uint16_t>(random_.between(1024, 65535));
    ends_.dst_port = 53;
  }

  // One query, its answer, and, if there is none, perhaps a second try.
  void ask(TimeNs now, bool may_ask_again) {
    ++asked_;
    put_message(now, ends_, write_query(query_, writer_), facts_of_query());
    if (!random_.chance(options_.loss)) return answer(now);
    if (!may_ask_again || !random_.chance(0.6)) return;
    TimeNs later = now + ns_per_s + random_.below(1000) * ns_per_us;
    query_.id = static_cast<std::uint16_t>(random_.next() >> 48U);
    new_endpoints();
    ask(later, false);
  }

  void answer(TimeNs asked) {
    Response response = answers_.write(query_, answers_.decide(query_, random_), random_);
    auto delay_ns = static_cast<DurationNs>(draw(profile(options_.view).delays_us, random_) *
                                            static_cast<double>(ns_per_us));
    MessageFacts facts = facts_of_query();
    facts.response = true;
    facts.rcode = response.rcode;
    facts.truncated = response.truncated;
    facts.answers = true;
    facts.asked = stamp(asked);
    TimeNs time = asked + std::max(delay_ns, ns_per_us);
    put_message(time, ends_.reversed(), response.wire, facts);
  }

  MessageFacts facts_of_query() const {
    MessageFacts facts;
    facts.client = ends_.src;
    facts.name = query_.name;
    facts.type = query_.type;
    facts.opcode = query_.opcode;
    facts.edns = query_.edns;
    facts.dnssec_ok = query_.dnssec_ok;
    facts.client_subnet = query_.client_subnet;
    return facts;
  }

  void put_message(TimeNs time, const Endpoints& ends, ByteSpan wire, const MessageFacts& facts) {
    Packet& packet = timeline_.add(stamp(time));
    packet.kind = PacketKind::message;
    packet.facts = facts;
    build_udp(ends, wire, packet.frame);
    packet.length = static_cast<std::uint32_t>(packet.frame.size());
    // Of one exchange only one packet is doubled: which query a twin answers would be a guess.
    if (!facts.response) doubled_ = false;
    if (!doubled_ && random_.chance(options_.duplicates)) put_twin(packet);
    put_others(time);
  }

  // The tap sees the same packet again a few microseconds later.
  void put_twin(const Packet& packet) {
    Packet& twin = timeline_.add(stamp(packet.time + random_.between(1, 60) * ns_per_us));
    doubled_ = true;
    twin.kind = PacketKind::message;
    twin.facts = packet.facts;
    twin.facts.answers = false;
    twin.frame = packet.frame;
    twin.length = packet.length;
    put_others(twin.time);
  }

  // Malformed packets and such that are not DNS come beside the others, in proportion.
  void put_others(TimeNs time) {
    for (double left = malformed_each_; left > 0 && random_.chance(left); left -= 1)
      put_malformed(time);
    for (double left = not_dns_each_; left > 0 && random_.chance(left); left -= 1) put_noise(time);
  }

  TimeNs near(TimeNs time) { return stamp(time + random_.below(2000) * ns_per_us); }

  void put_malformed(TimeNs time) {
    Packet& packet = timeline_.add(near(time));
    packet.kind = PacketKind::malformed;
    packet.damage = static_cast<Damage>(random_.below(damage_count));
    questions_.make(random_, spare_query_);
    Endpoints ends = other_endpoints(random_.chance(options_.v6));
    packet.facts = {};
    packet.facts.client = ends.src;
    packet.facts.question = question_readable(packet.damage);
    packet.facts.name = spare_query_.name;
    packet.facts.type = spare_query_.type;
    packet.facts.response = is_response(packet.damage);
    Damaged damaged =
        build_damaged(packet.damage, spare_query_, ends, random_, writer_, packet.frame);
    packet.length = damaged.length;
    packet.facts.header = damaged.header_readable;
  }

  void put_noise(TimeNs time) {
    Packet& packet = timeline_.add(near(time));
    packet.kind = PacketKind::not_dns;
    packet.noise = static_cast<Noise>(random_.below(noise_count));
    bool v6 = packet.noise != Noise::arp && random_.chance(options_.v6);
    build_noise(packet.noise, other_endpoints(v6), random_, packet.frame);
    packet.length = static_cast<std::uint32_t>(packet.frame.size());
  }

  // A host that is no client: what it sends is nobody's query.
  Endpoints other_endpoints(bool v6) {
    Endpoints ends;
    ends.src = pool_address(v6, 0x10000U + random_.below(250));
    ends.dst = server_address(v6, 0);
    ends.src_port = static_cast<std::uint16_t>(random_.between(1024, 65535));
    ends.dst_port = 53;
    return ends;
  }

  const Options& options_;
  const PacketSink& sink_;
  Random random_;
  Arrivals arrivals_;
  Clients clients_;
  QuestionMaker questions_;
  AnswerWriter answers_;
  double malformed_each_;
  double not_dns_each_;
  dns::MessageWriter writer_;
  Timeline timeline_;
  Truth truth_;
  Query query_;
  Query spare_query_;
  Endpoints ends_;
  std::uint32_t client_ = 0;
  std::uint64_t asked_ = 0;
  bool doubled_ = false;
};

std::string_view only_tld(const Options& options) {
  return options.view == View::tld ? std::string_view("net") : std::string_view();
}

}  // namespace

Result<Truth> generate(const Options& options, const PacketSink& sink) {
  DNSTORM_CHECK(check(options));
  Random random(options.seed);
  NameList names = options.names_file.empty()
                       ? NameList::invented(options.names, only_tld(options), random)
                       : DNSTORM_TRY(NameList::from_file(options.names_file));
  return Generator(options, names, sink, random).run();
}

}  // namespace dnstorm::capture::synth
