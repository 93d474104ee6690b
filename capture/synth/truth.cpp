#include "capture/synth/truth.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "capture/dns/codes.hpp"

namespace dnstorm::capture::synth {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t top_size = 20;

// By count, then by name: one order on every machine.
Json top(std::vector<std::pair<std::string, std::uint64_t>> rows) {
  auto before = [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  };
  std::size_t size = std::min(top_size, rows.size());
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(size), rows.end(),
                    before);
  Json list = Json::array();
  for (std::size_t i = 0; i < size && rows[i].second > 0; ++i)
    list.push_back(Json::array({rows[i].first, rows[i].second}));
  return list;
}

// {"A": 12, "AAAA": 5}: the most frequent first.
template <class Map, class Text>
Json counts(const Map& map, Text text) {
  std::vector<std::pair<std::string, std::uint64_t>> rows;
  for (const auto& [code, count] : map) rows.emplace_back(text(code), count);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  Json object = Json::object();
  for (const auto& [name, count] : rows) object[name] = count;
  return object;
}

// Whole microseconds where the file has no finer ones.
Json microseconds(DurationNs ns) {
  if (ns % ns_per_us == 0) return ns / ns_per_us;
  return static_cast<double>(ns) / static_cast<double>(ns_per_us);
}

constexpr std::string_view rules =
    "A malformed message whose id and flags (4 bytes) can be read is counted in messages, queries "
    "or "
    "responses, opcodes and rcodes; if its question can be read too, in qtypes and qnames. "
    "Malformed "
    "messages are in no transaction and in neither unanswered nor unmatched. Segments and "
    "fragments that complete no message are packets only.";

// Only what there is: what has not come is in no report.
void add_count(Json& object, const std::string& key, std::uint64_t count) {
  if (count != 0) object[key] = object.value(key, std::uint64_t{0}) + count;
}

}  // namespace

std::size_t Truth::IpHash::operator()(const IpAddress& ip) const {
  std::uint64_t words[2];
  std::memcpy(words, ip.bytes.data(), sizeof words);
  return static_cast<std::size_t>(mix(words[0] ^ mix(words[1])));
}

std::uint64_t Truth::malformed() const {
  return std::accumulate(malformed_.begin(), malformed_.end(), std::uint64_t{0});
}
std::uint64_t Truth::not_dns() const {
  return std::accumulate(noise_.begin(), noise_.end(), std::uint64_t{0});
}

std::uint64_t Truth::parts() const {
  return segments(SegmentKind::part) + segments(SegmentKind::control) +
         segments(SegmentKind::retransmission) + fragments_ + fragment_duplicates_;
}

void Truth::count_packet(TimeNs time, std::size_t frame_size) {
  if (packets_ == 0) first_ = time;
  last_ = time;
  ++packets_;
  bytes_ += frame_size;
}

void Truth::count_message(const MessageFacts& facts) {
  ++(facts.response ? responses_ : queries_);
  ++opcodes_[facts.opcode];
  if (facts.response) ++rcodes_[facts.rcode];
  if (!facts.client.is_v4()) ++v6_;
  if (facts.edns) ++edns_;
  if (facts.dnssec_ok) ++dnssec_ok_;
  if (facts.client_subnet) ++client_subnet_;
  if (facts.truncated) ++truncated_;
  if (facts.tcp) ++tcp_;
  if (!facts.response) ++clients_[facts.client];
  if (!facts.question) return;
  if (!facts.response) ++types_[facts.type];
  if (count_names_) names_[facts.name] += facts.response ? 0U : 1U;
}

void Truth::count_transaction(TimeNs time, const MessageFacts& facts) {
  if (!facts.answers) return;
  DurationNs took = time - facts.asked;
  time_min_ = transactions_ == 0 ? took : std::min(time_min_, took);
  time_max_ = std::max(time_max_, took);
  time_sum_ += took;
  ++transactions_;
}

void Truth::add_message(TimeNs time, std::size_t frame_size, const MessageFacts& facts) {
  count_packet(time, frame_size);
  ++datagrams_;
  count_message(facts);
  count_transaction(time, facts);
}

void Truth::add_malformed(TimeNs time, std::size_t frame_size, Damage damage,
                          const MessageFacts& facts) {
  count_packet(time, frame_size);
  ++malformed_[static_cast<std::size_t>(damage)];
  if (!facts.header) return;
  ++(facts.response ? malformed_responses_ : malformed_queries_);
  count_message(facts);
}

void Truth::add_noise(TimeNs time, std::size_t frame_size, Noise noise, NoiseClass what) {
  count_packet(time, frame_size);
  ++noise_[static_cast<std::size_t>(noise)];
  ++noise_classes_[static_cast<std::size_t>(what)];
}

void Truth::add_segment(TimeNs time, std::size_t frame_size, SegmentKind kind) {
  count_packet(time, frame_size);
  ++segments_[static_cast<std::size_t>(kind)];
}

void Truth::add_stream_message(TimeNs time, const MessageFacts& facts) {
  count_message(facts);
  count_transaction(time, facts);
}

void Truth::add_fragment(TimeNs time, std::size_t frame_size, bool duplicate) {
  count_packet(time, frame_size);
  ++(duplicate ? fragment_duplicates_ : fragments_);
}

void Truth::add_attack(std::size_t number, TimeNs time, const MessageFacts* message) {
  if (attacks_.size() <= number) attacks_.resize(number + 1);
  AttackTruth& attack = attacks_[number];
  if (attack.packets == 0) attack.first = time;
  attack.last = time;
  ++attack.packets;
  if (message != nullptr) ++(message->response ? attack.responses : attack.queries);
}

void Truth::name_attacks(std::vector<AttackTruth> attacks) {
  attacks_.resize(attacks.size());
  for (std::size_t i = 0; i < attacks.size(); ++i) {
    const AttackTruth& counted = attacks_[i];
    attacks[i].first = counted.first;
    attacks[i].last = counted.last;
    attacks[i].packets = counted.packets;
    attacks[i].queries = counted.queries;
    attacks[i].responses = counted.responses;
  }
  attacks_ = std::move(attacks);
}

void Truth::add_frame(const MessageFacts& facts, bool upstream) {
  ++frames_[upstream ? 1 : 0][facts.response ? 1 : 0][facts.client.is_v4() ? 0 : 1]
           [facts.tcp ? 1 : 0];
}

// The names are those of the decoder's classes.
Json Truth::accounting() const {
  Json parsed = Json::object(), wrong = Json::object(), other = Json::object(),
       filtered = Json::object();
  auto noise = [this](Json& object, NoiseClass what) {
    add_count(object, std::string(to_string(what)), noise_classes_[static_cast<std::size_t>(what)]);
  };
  add_count(parsed, "tcp_part", segments(SegmentKind::part));
  add_count(parsed, "tcp_control", segments(SegmentKind::control));
  add_count(parsed, "tcp_retransmission", segments(SegmentKind::retransmission));
  for (NoiseClass what : {NoiseClass::tcp_control, NoiseClass::icmp_quote}) noise(parsed, what);
  for (std::size_t i = 0; i < damage_count; ++i)
    add_count(wrong, std::string(to_string(static_cast<Damage>(i))), malformed_[i]);
  for (NoiseClass what : {NoiseClass::other_port, NoiseClass::mdns, NoiseClass::llmnr,
                          NoiseClass::icmp, NoiseClass::not_ip})
    noise(other, what);
  add_count(filtered, "fragment", fragments_);
  add_count(filtered, "fragment_duplicate", fragment_duplicates_);
  auto sum = [](const Json& object) {
    std::uint64_t total = 0;
    for (const auto& [reason, count] : object.items()) total += count.get<std::uint64_t>();
    return total;
  };
  return {{"parsed", datagrams_ + segments(SegmentKind::message) + sum(parsed)},
          {"malformed", sum(wrong)},
          {"not_dns", sum(other)},
          {"filtered", sum(filtered)},
          {"parsed_by_reason", parsed},
          {"malformed_by_reason", wrong},
          {"not_dns_by_reason", other},
          {"filtered_by_reason", filtered}};
}

// The names that readers of dnstap give to what a capture has, too.
Json Truth::frames(const Options& options) const {
  Json types = Json::object(), family = Json::object(), protocol = Json::object();
  for (unsigned cell = 0; cell < 16; ++cell) {
    unsigned upstream = cell >> 3U, response = cell >> 2U & 1U, v6 = cell >> 1U & 1U,
             tcp = cell & 1U;
    auto kind = upstream == 1 ? dnstap::MessageKind::resolver : *options.dnstap;
    auto type = static_cast<dnstap::MessageType>(2 * static_cast<unsigned>(kind) - 1 + response);
    std::uint64_t frames = frames_[upstream][response][v6][tcp];
    add_count(types, std::string(type_short(type)), frames);
    add_count(family, v6 == 1 ? "INET6" : "INET", frames);
    add_count(protocol, tcp == 1 ? "TCP" : "UDP", frames);
  }
  return {{"frames", packets_},          {"types", types},   {"dns_queries", queries_},
          {"dns_responses", responses_}, {"family", family}, {"protocol", protocol}};
}

Json Truth::attacks() const {
  Json list = Json::array();
  for (const AttackTruth& attack : attacks_) {
    Json j = {{"kind", attack.kind},
              {"strength", attack.strength},
              {"start", format_time(attack.start)},
              {"end", format_time(attack.end)},
              {"key_kind", attack.key_kind},
              {"key", attack.key},
              {"packets", attack.packets},
              {"queries", attack.queries},
              {"responses", attack.responses},
              {"slowed", attack.slowed}};
    if (attack.packets > 0) {
      j["first"] = format_time(attack.first);
      j["last"] = format_time(attack.last);
    }
    list.push_back(std::move(j));
  }
  return list;
}

std::string Truth::json(const Options& options) const {
  Json j;
  j["packets"] = packets_;
  j["bytes"] = bytes_;
  j["messages"] = messages();
  j["queries"] = queries_;
  j["responses"] = responses_;
  j["tcp"] = tcp_;
  j["v6"] = v6_;
  j["edns"] = edns_;
  j["do"] = dnssec_ok_;
  j["ecs"] = client_subnet_;
  j["tc"] = truncated_;
  if (count_names_) j["qnames"] = names_.size();
  if (options.dnstap) j.update(frames(options));
  j["opcodes"] = counts(opcodes_, [](std::uint8_t code) { return std::to_string(code); });
  j["qtypes"] = counts(types_, dns::type_text);
  j["rcodes"] = counts(rcodes_, dns::rcode_text);
  j["malformed"] = malformed();
  for (std::size_t i = 0; i < damage_count; ++i)
    j["malformed_by_reason"][std::string(to_string(static_cast<Damage>(i)))] = malformed_[i];
  j["malformed_queries"] = malformed_queries_;
  j["malformed_responses"] = malformed_responses_;
  j["rules"] = rules;
  j["not_dns"] = not_dns();
  for (std::size_t i = 0; i < noise_count; ++i)
    j["not_dns_by_kind"][std::string(to_string(static_cast<Noise>(i)))] = noise_[i];
  for (NoiseClass what : {NoiseClass::mdns, NoiseClass::llmnr})
    j[std::string(to_string(what))] = noise_classes_[static_cast<std::size_t>(what)];
  j["embedded"] = noise_classes_[static_cast<std::size_t>(NoiseClass::icmp_quote)];
  j["tcp_connections"] = connections_;
  j["tcp_segments"] = {{"message", segments(SegmentKind::message)},
                       {"part", segments(SegmentKind::part)},
                       {"control", segments(SegmentKind::control)},
                       {"retransmission", segments(SegmentKind::retransmission)}};
  j["fragments"] = {
      {"completed", fragmented_}, {"fragment", fragments_}, {"duplicate", fragment_duplicates_}};
  j["accounting"] = accounting();
  j["transactions"] = transactions_;
  j["unanswered"] = queries_ - malformed_queries_ - transactions_;
  j["unmatched"] = responses_ - malformed_responses_ - transactions_;
  j["response_time_us"] = {{"sum", microseconds(time_sum_)},
                           {"min", microseconds(time_min_)},
                           {"max", microseconds(time_max_)}};
  j["clients"] = clients_.size();
  if (count_names_) j["top_names"] = top({names_.begin(), names_.end()});
  std::vector<std::pair<std::string, std::uint64_t>> clients;
  clients.reserve(clients_.size());
  for (const auto& [ip, count] : clients_) clients.emplace_back(format_ip(ip), count);
  j["top_clients"] = top(std::move(clients));
  if (!attacks_.empty()) j["attacks"] = attacks();
  j["first"] = format_time(first_);
  j["last"] = format_time(last_);
  j["profile"] = profile(options.view).name;
  j["seed"] = options.seed;
  return j.dump(2) + "\n";
}

}  // namespace dnstorm::capture::synth
