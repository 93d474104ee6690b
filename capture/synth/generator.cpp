#include "capture/synth/generator.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "capture/dns/writer.hpp"
#include "capture/synth/answers.hpp"
#include "capture/synth/arrivals.hpp"
#include "capture/synth/attack/campaign.hpp"
#include "capture/synth/clients.hpp"
#include "capture/synth/fragment.hpp"
#include "capture/synth/names.hpp"
#include "capture/synth/questions.hpp"
#include "capture/synth/recorder.hpp"
#include "capture/synth/tcp_exchange.hpp"
#include "capture/synth/timeline.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::capture::synth {

namespace {

// What is asked over TCP is large more often than elsewhere: that is why it is asked there.
constexpr double large_over_tcp = 0.15;
constexpr double asked_again = 0.9;      // over TCP, of the queries whose answer was truncated
constexpr double mixed_fragments = 0.2;  // datagrams whose fragments do not come in order
constexpr std::uint32_t usual_mtu = 1500;

class Generator {
 public:
  Generator(const Options& options, const NameList& names, const PacketSink* packets,
            const MessageSink* messages, Random random)
      : options_(options),
        random_(random),
        extra_(mix(options.seed ^ 0x7463702d66726167U)),
        arrivals_(options),
        clients_(options),
        questions_(options, names),
        answers_(options),
        malformed_each_(options.malformed / (1 - options.malformed - options.not_dns)),
        not_dns_each_(options.not_dns / (1 - options.malformed - options.not_dns)),
        campaign_(options, clients_, names, timeline_),
        recorder_(options, packets, messages, exchanges_),
        limit_(options.queries.value_or(std::numeric_limits<std::uint64_t>::max())) {}

  Result<Truth> run() {
    TimeNs end = options_.duration ? options_.start + *options_.duration : time_max;
    double connects = connection_share(options_);
    while (may_ask() && !recorder_.full()) {
      TimeNs now = arrivals_.next(random_);
      DNSTORM_CHECK(attack_until(std::min(now, end)));
      if (now >= end) break;
      DNSTORM_CHECK(write_until(now));
      new_query();
      if (connects > 0 && extra_.chance(connects) && connect(now)) continue;
      if (options_.fragments > 0 && extra_.chance(options_.fragments))
        questions_.enlarge(options_.mtu, extra_, query_);
      ask(now, asked_ + 1 < limit_);
    }
    DNSTORM_CHECK(write_until(time_max));
    return recorder_.finish(campaign_.truth());
  }

 private:
  // Time stamps are what the file can hold, so that differences are what a reader of it finds.
  TimeNs stamp(TimeNs time) const {
    return options_.nanoseconds ? time : time / ns_per_us * ns_per_us;
  }
  bool may_ask() const { return asked_ < limit_; }

  Result<void> write_until(TimeNs until) {
    while (timeline_.due(until) && !recorder_.full())
      DNSTORM_CHECK(recorder_.take(timeline_.take()));
    return {};
  }

  Result<void> attack_until(TimeNs until) {
    while (campaign_.next() < until && !recorder_.full()) {
      DNSTORM_CHECK(write_until(campaign_.next()));
      campaign_.step();
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
    Response response = query_.answer_size != 0
                            ? answers_.write_large(query_, extra_)
                            : answers_.write(query_, answers_.decide(query_, random_), random_);
    DurationNs delay_ns = draw_us(profile(options_.view).delays_us, random_);
    delay_ns = campaign_.slowed(asked, ends_.dst, delay_ns);
    MessageFacts facts = facts_of(response);
    facts.answers = true;
    facts.asked = stamp(asked);
    TimeNs time = asked + std::max(delay_ns, ns_per_us);
    put_message(time, ends_.reversed(), response.wire, facts);
    if (response.truncated && options_.tcp > 0 && may_ask() && extra_.chance(asked_again))
      ask_again_over_tcp(time);
  }

  static DurationNs draw_us(std::span<const Quantile> points, Random& random) {
    return static_cast<DurationNs>(draw(points, random) * static_cast<double>(ns_per_us));
  }

  // -- TCP -------------------------------------------------------------------------------------

  // A connection of the query's client, with that query and perhaps others. False: it has no port
  // left.
  bool connect(TimeNs now) {
    std::optional<std::uint32_t> number = open_exchange(random_server());
    if (!number) return false;
    double more = 1 - 1 / options_.tcp_queries;
    for (;;) {
      if (extra_.chance(large_over_tcp)) questions_.enlarge(usual_mtu, extra_, query_);
      converse(exchanges_[*number]);
      if (!may_ask() || !extra_.chance(more)) break;
      questions_.make(random_, query_);
    }
    put_exchange(*number, now);
    return true;
  }

  void ask_again_over_tcp(TimeNs told) {
    std::optional<std::uint32_t> number = open_exchange(ends_.dst);
    if (!number) return;
    query_.id = static_cast<std::uint16_t>(extra_.next() >> 48U);
    converse(exchanges_[*number]);
    put_exchange(*number, told + extra_.between(100, 5000) * ns_per_us);
  }

  IpAddress random_server() { return server_address(clients_.is_v6(client_), extra_.below(2)); }

  // With the client's address and a port that none of its connections has.
  std::optional<std::uint32_t> open_exchange(const IpAddress& server) {
    ends_.src = clients_.address(client_);
    ends_.dst = server;
    for (int tries = 0; tries < 16; ++tries) {
      ends_.src_port = static_cast<std::uint16_t>(extra_.between(1024, 65535));
      if (auto number = exchanges_.open(ends_, extra_)) return number;
    }
    return std::nullopt;
  }

  void converse(TcpExchange& exchange) {
    ++asked_;
    while (exchange.has_asked(query_.id))  // RFC 7766: none that is under way
      query_.id = static_cast<std::uint16_t>(extra_.next() >> 48U);
    exchange.ask(write_query(query_, writer_), facts_of_query());
    if (extra_.chance(options_.loss)) return;
    Response response = query_.answer_size != 0
                            ? answers_.write_large(query_, extra_)
                            : answers_.write_whole(query_, answers_.decide(query_, extra_), extra_);
    exchange.answer(response.wire, facts_of(response),
                    draw_us(profile(options_.view).delays_us, extra_));
  }

  void put_exchange(std::uint32_t number, TimeNs start) {
    TcpExchange& exchange = exchanges_[number];
    DurationNs round_trip = draw_us(profile(options_.view).round_trips_us, extra_);
    bool opens = true;
    for (const TcpSegment& segment : exchange.schedule(start, round_trip, extra_)) {
      put_segment(number, segment, segment.time).opens = opens;
      opens = false;
      put_others(segment.time);
      if (!extra_.chance(options_.duplicates)) continue;
      TimeNs later = segment.time + extra_.between(1, 60) * ns_per_us;
      put_segment(number, segment, later);
      put_others(later);
    }
  }

  Packet& put_segment(std::uint32_t number, const TcpSegment& segment, TimeNs time) {
    TcpExchange& exchange = exchanges_[number];
    Packet& packet = timeline_.add(stamp(time));
    packet.kind = PacketKind::segment;
    packet.exchange = number;
    packet.segment = segment;
    packet.opens = false;
    build_tcp(exchange.ends(segment.from_server), segment.fields, exchange.payload(segment),
              packet.frame);
    packet.length = static_cast<std::uint32_t>(packet.frame.size());
    ++exchange.waiting;
    return packet;
  }

  // -- datagrams -------------------------------------------------------------------------------

  MessageFacts facts_of(const Response& response) const {
    MessageFacts facts = facts_of_query();
    facts.response = true;
    facts.rcode = response.rcode;
    facts.truncated = response.truncated;
    return facts;
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
    // Of one exchange only one packet is doubled: which query a twin answers would be a guess.
    if (!facts.response) doubled_ = false;
    build_udp(ends, wire, whole_);
    std::uint32_t fragments = fragment_count(whole_, options_.mtu);
    if (fragments > 1) return put_fragments(time, ends, facts, fragments);
    Packet& packet = put_datagram(time, ends, facts);
    packet.frame = whole_;
    packet.length = static_cast<std::uint32_t>(packet.frame.size());
    if (!doubled_ && random_.chance(options_.duplicates)) put_twin(packet);
    put_others(time);
  }

  Packet& put_datagram(TimeNs time, const Endpoints& ends, const MessageFacts& facts) {
    Packet& packet = timeline_.add(stamp(time));
    packet.kind = PacketKind::message;
    packet.again = false;
    packet.ends = ends;
    packet.wire.clear();
    packet.facts = facts;
    return packet;
  }

  // The tap sees the same packet again a few microseconds later.
  void put_twin(const Packet& packet) {
    TimeNs later = packet.time + random_.between(1, 60) * ns_per_us;
    Packet& twin = put_datagram(later, packet.ends, packet.facts);
    doubled_ = true;
    twin.again = true;
    twin.facts.answers = false;
    twin.frame = packet.frame;
    twin.length = packet.length;
    put_others(twin.time);
  }

  // The datagram in `whole_`. One of its fragments may come twice, before it is complete: behind it
  // nobody could tell it from the first of another datagram.
  void put_fragments(TimeNs time, const Endpoints& ends, const MessageFacts& facts,
                     std::uint32_t count) {
    ByteSpan wire = udp_payload(whole_);
    ++fragment_id_;
    std::uint32_t again = extra_.chance(options_.duplicates) ? extra_.below(count - 1) : count;
    bool mixed = extra_.chance(mixed_fragments);
    bool backwards = mixed && extra_.chance(0.5);    // as some systems send them
    std::uint32_t turned = extra_.below(count - 1);  // otherwise: this one and the next
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t number = i;
      if (backwards)
        number = count - 1 - i;
      else if (mixed && (i == turned || i == turned + 1))
        number = turned + turned + 1 - i;
      for (bool twin : {false, true}) {
        if (twin && i != again) break;
        Packet& packet = put_datagram(time, ends, facts);
        if (twin)
          packet.kind = PacketKind::fragment_duplicate;
        else if (i + 1 < count)
          packet.kind = PacketKind::fragment;
        else
          packet.wire.assign(wire.begin(), wire.end());
        build_fragment(whole_, options_.mtu, fragment_id_, number, packet.frame);
        packet.length = static_cast<std::uint32_t>(packet.frame.size());
        put_others(time);
      }
      time += extra_.between(1, 15) * ns_per_us;
    }
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
    packet.wire.clear();
    packet.facts.client = ends.src;
    packet.facts.question = question_readable(packet.damage);
    packet.facts.name = spare_query_.name;
    packet.facts.type = spare_query_.type;
    packet.facts.response = is_response(packet.damage);
    packet.ends = packet.facts.response ? ends.reversed() : ends;
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
    packet.noise_class = build_noise(packet.noise, other_endpoints(v6), random_, packet.frame);
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
  Random random_;
  Random extra_;  // for TCP and fragments
  Arrivals arrivals_;
  Clients clients_;
  QuestionMaker questions_;
  AnswerWriter answers_;
  double malformed_each_;
  double not_dns_each_;
  dns::MessageWriter writer_;
  Timeline timeline_;
  TcpExchanges exchanges_;
  attack::Campaign campaign_;
  Recorder recorder_;
  Query query_;
  Query spare_query_;
  Endpoints ends_;
  std::uint32_t client_ = 0;
  Frame whole_;  // the datagram at hand
  std::uint32_t fragment_id_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t limit_;
  bool doubled_ = false;
};

std::string_view only_tld(const Options& options) {
  return options.view == View::tld ? std::string_view("net") : std::string_view();
}

Result<Truth> run(const Options& options, const PacketSink* packets, const MessageSink* messages) {
  DNSTORM_CHECK(check(options));
  Random random(options.seed);
  NameList names = options.names_file.empty()
                       ? NameList::invented(options.names, only_tld(options), random)
                       : DNSTORM_TRY(NameList::from_file(options.names_file));
  return Generator(options, names, packets, messages, random).run();
}

}  // namespace

Result<Truth> generate(const Options& options, const PacketSink& sink) {
  return run(options, &sink, nullptr);
}
Result<Truth> generate_messages(const Options& options, const MessageSink& sink) {
  DNSTORM_ASSERT(options.dnstap.has_value(), "messages are written down as frames of a kind");
  return run(options, nullptr, &sink);
}

}  // namespace dnstorm::capture::synth
