#include "capture/synth/tcp_exchange.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::synth {

namespace {

constexpr std::uint32_t segment_max_v4 = 1460, segment_max_v6 = 1440;  // on Ethernet
constexpr std::size_t length_size = 2;
constexpr std::uint8_t data_flags = tcp_push | tcp_ack;

// Shares, our own choice: rare on real networks, often enough here to be met.
constexpr double at_once = 0.4;         // queries that do not wait for the response before
constexpr double together = 0.5;        // of these and of their responses: in the same segments
constexpr double cut_anywhere = 0.1;    // of what is sent at once
constexpr double cut_length = 0.3;      // of these: between the two bytes of the length
constexpr double overtaking = 0.06;     // segments, of those close behind another
constexpr double repeated = 0.02;       // segments
constexpr double server_closes = 0.25;  // connections

constexpr DurationNs delayed_ack = 40 * ns_per_ms;
constexpr DurationNs close_behind = ns_per_ms;
constexpr DurationNs nearly_together = 100 * ns_per_us;

DurationNs between_us(std::uint32_t low, std::uint32_t high, Random& random) {
  return random.between(low, high) * ns_per_us;
}

}  // namespace

void TcpExchange::open(const Endpoints& ends, Random& random) {
  ends_ = ends;
  for (Half& half : halves_) {
    half.first_sequence = static_cast<std::uint32_t>(random.next());
    half.bytes.clear();
    half.messages.clear();
    half.pieces.clear();
    half.in_order = half.complete = 0;
    half.ended = false;
  }
  answers_.clear();
  segments_.clear();
  waiting = 0;
}

void TcpExchange::append(bool from_server, ByteSpan wire, const MessageFacts& facts,
                         std::size_t query) {
  DNSTORM_ASSERT(wire.size() <= 65535, "a message fits its length", wire.size());
  Half& sender = half(from_server);
  auto begin = static_cast<std::uint32_t>(sender.bytes.size());
  sender.bytes.push_back(static_cast<std::uint8_t>(wire.size() >> 8U));
  sender.bytes.push_back(static_cast<std::uint8_t>(wire.size()));
  sender.bytes.insert(sender.bytes.end(), wire.begin(), wire.end());
  sender.messages.push_back({.begin = begin,
                             .end = static_cast<std::uint32_t>(sender.bytes.size()),
                             .query = query,
                             .facts = facts});
  sender.messages.back().facts.tcp = true;
}

void TcpExchange::ask(ByteSpan query, const MessageFacts& facts) { append(false, query, facts, 0); }

bool TcpExchange::has_asked(std::uint16_t id) const {
  const Half& client = half(false);
  return std::any_of(client.messages.begin(), client.messages.end(), [&](const Message& query) {
    return load_be16(client.bytes.data() + query.begin + length_size) == id;
  });
}

void TcpExchange::answer(ByteSpan response, const MessageFacts& facts, DurationNs delay) {
  answers_.push_back({.query = half(false).messages.size() - 1,
                      .wire = Frame(response.begin(), response.end()),
                      .delay = std::max(delay, ns_per_us),
                      .facts = facts});
}

// -- laying out --------------------------------------------------------------------------------

std::span<const TcpSegment> TcpExchange::schedule(TimeNs start, DurationNs round_trip,
                                                  Random& random) {
  control(start, false, tcp_syn);
  control(start + between_us(2, 40, random), true, tcp_syn | tcp_ack);
  TimeNs now = start + std::max(round_trip, 50 * ns_per_us);
  control(now, false, tcp_ack);
  now += between_us(1, 200, random);
  std::size_t count = half(false).messages.size();
  for (std::size_t first = 0, end = 0; first < count; first = end) {
    end = first + 1;
    while (end < count && random.chance(at_once)) ++end;
    now = answer_group(ask_group(now, first, end, random), first, end, random) + round_trip;
    if (random.chance(0.5)) control(now, false, tcp_ack);
    now += between_us(1, 400, random);
  }
  close(now, round_trip, random.chance(server_closes));
  // Of equal times in the order in which they were laid out.
  std::stable_sort(segments_.begin(), segments_.end(),
                   [](const TcpSegment& a, const TcpSegment& b) { return a.time < b.time; });
  return segments_;
}

// No data: the sender's place in the stream, and how much of the other's it has seen.
void TcpExchange::control(TimeNs time, bool from_server, std::uint8_t flags) {
  Half& sender = half(from_server);
  const Half& other = half(!from_server);
  TcpSegment& segment = segments_.emplace_back();
  segment.time = time;
  segment.from_server = from_server;
  segment.fields.flags = flags;
  segment.fields.segment_max =
      static_cast<std::uint16_t>(ends_.src.is_v4() ? segment_max_v4 : segment_max_v6);
  segment.fields.sequence = sender.first_sequence;
  if ((flags & tcp_syn) == 0)
    segment.fields.sequence += 1 + sender.sent() + (sender.ended ? 1U : 0U);
  if ((flags & tcp_ack) != 0)
    segment.fields.acknowledged = other.first_sequence + 1 + other.sent() + (other.ended ? 1U : 0U);
  if ((flags & tcp_fin) != 0) sender.ended = true;
}

void TcpExchange::piece(TimeNs time, bool from_server, std::uint32_t begin, std::uint32_t end) {
  Half& sender = half(from_server);
  control(time, from_server, data_flags);
  TcpSegment& segment = segments_.back();
  segment.piece = static_cast<std::uint32_t>(sender.pieces.size());
  segment.begin = begin;
  segment.size = end - begin;
  sender.pieces.push_back({begin, end, false});
}

// What is handed to the connection at once; says when its last segment goes.
TimeNs TcpExchange::send(TimeNs time, bool from_server, std::uint32_t begin, std::uint32_t end,
                         Random& random) {
  std::uint32_t cut = 0;
  if (random.chance(cut_anywhere))
    cut = begin + 1 + (random.chance(cut_length) ? 0 : random.below(end - begin - 1));
  std::uint32_t most = ends_.src.is_v4() ? segment_max_v4 : segment_max_v6;
  for (std::uint32_t at = begin; at < end;) {
    if (at != begin) time += between_us(1, 15, random);
    std::uint32_t stop = std::min(at + most, end);
    if (at < cut && cut < stop) stop = cut;
    piece(time, from_server, at, stop);
    at = stop;
  }
  return time;
}

// Queries that do not wait for each other. Says when the last of them is there.
TimeNs TcpExchange::ask_group(TimeNs time, std::size_t first, std::size_t end, Random& random) {
  std::size_t from = segments_.size();
  const std::vector<Message>& queries = half(false).messages;
  for (std::size_t i = first; i < end;) {
    if (i != first) time += between_us(1, 300, random);
    std::uint32_t begin = queries[i].begin;
    do ++i;
    while (i < end && random.chance(together));
    time = send(time, false, begin, queries[i - 1].end, random);
  }
  disturb(from, random);
  return time;
}

// Their responses, in the order in which the server has them. Says when the last one is there.
TimeNs TcpExchange::answer_group(TimeNs asked, std::size_t first, std::size_t end, Random& random) {
  ready_.clear();
  for (std::size_t i = 0; i < answers_.size(); ++i)
    if (answers_[i].query >= first && answers_[i].query < end)
      ready_.emplace_back(asked + answers_[i].delay, i);
  std::sort(ready_.begin(), ready_.end());
  if (ready_.empty() || ready_.front().first > asked + delayed_ack)
    control(asked + delayed_ack, true, tcp_ack);
  std::size_t from = segments_.size();
  TimeNs now = asked;
  for (std::size_t i = 0; i < ready_.size();) {
    auto begin = static_cast<std::uint32_t>(half(true).bytes.size());
    now += ns_per_us;
    do {
      const Answer& answer = answers_[ready_[i].second];
      append(true, answer.wire, answer.facts, answer.query);
      now = std::max(now, ready_[i].first);
      ++i;
    } while (i < ready_.size() && ready_[i].first - now < nearly_together &&
             random.chance(together));
    auto stop = static_cast<std::uint32_t>(half(true).bytes.size());
    now = send(now, true, begin, stop, random);
  }
  disturb(from, random);
  return now;
}

// Some of the segments from `first` on, which carry data of one direction, overtake or come again.
void TcpExchange::disturb(std::size_t first, Random& random) {
  std::size_t end = segments_.size();
  for (std::size_t i = first; i + 1 < end; ++i) {
    bool near = segments_[i + 1].time - segments_[i].time < close_behind;
    if (!near || !random.chance(overtaking) || !may_overtake(segments_[i + 1])) continue;
    std::swap(segments_[i].time, segments_[i + 1].time);
    ++i;
  }
  for (std::size_t i = first; i < end; ++i) {
    if (!random.chance(repeated)) continue;
    TcpSegment again = segments_[i];
    again.time += between_us(100, 3000, random);
    segments_.push_back(again);
  }
}

// If the capture ends before the one that was overtaken, it has to be plain which messages are
// whole in this one: all from its first byte on, or none.
bool TcpExchange::may_overtake(const TcpSegment& segment) const {
  for (const Message& message : half(segment.from_server).messages) {
    if (message.begin == segment.begin) return true;
    if (message.begin > segment.begin && message.end <= segment.begin + segment.size) return false;
  }
  return true;
}

void TcpExchange::close(TimeNs time, DurationNs round_trip, bool by_server) {
  control(time, by_server, tcp_fin | tcp_ack);
  TimeNs answered = time + (by_server ? round_trip : 10 * ns_per_us);
  control(answered, !by_server, tcp_fin | tcp_ack);
  control(answered + (by_server ? 10 * ns_per_us : round_trip), by_server, tcp_ack);
}

ByteSpan TcpExchange::payload(const TcpSegment& segment) const {
  return ByteSpan(half(segment.from_server).bytes).subspan(segment.begin, segment.size);
}

// -- counting ----------------------------------------------------------------------------------

SegmentKind TcpExchange::arrive(const TcpSegment& segment, TimeNs now,
                                std::vector<TcpMessage>& messages) {
  last_ = now;
  if (segment.size == 0) return SegmentKind::control;
  Half& sender = half(segment.from_server);
  Piece& piece = sender.pieces[segment.piece];
  if (piece.arrived) return SegmentKind::retransmission;
  piece.arrived = true;
  while (sender.in_order < sender.pieces.size() && sender.pieces[sender.in_order].arrived)
    ++sender.in_order;
  std::uint32_t reached = sender.in_order == 0 ? 0 : sender.pieces[sender.in_order - 1].end;
  std::size_t before = messages.size();
  while (sender.complete < sender.messages.size() &&
         sender.messages[sender.complete].end <= reached)
    complete(sender.messages[sender.complete++], segment.from_server, now, messages);
  return messages.size() == before ? SegmentKind::part : SegmentKind::message;
}

void TcpExchange::give_up(std::vector<TcpMessage>& messages) {
  for (bool from_server : {false, true}) {
    Half& sender = half(from_server);
    for (; sender.complete < sender.messages.size(); ++sender.complete) {
      Message& message = sender.messages[sender.complete];
      bool whole =
          std::all_of(sender.pieces.begin(), sender.pieces.end(), [&message](const Piece& piece) {
            return piece.arrived || piece.end <= message.begin || piece.begin >= message.end;
          });
      if (whole) complete(message, from_server, last_, messages);
    }
  }
}

void TcpExchange::complete(Message& message, bool from_server, TimeNs now,
                           std::vector<TcpMessage>& messages) {
  message.complete_at = now;
  if (from_server) {
    const Message& query = half(false).messages[message.query];
    message.facts.answers = query.complete_at >= 0;
    message.facts.asked = query.complete_at;
  }
  std::uint32_t size = message.end - message.begin;
  messages.push_back(
      {&message.facts, from_server,
       ByteSpan(half(from_server).bytes).subspan(message.begin, size).subspan(length_size)});
}

// -- the connections under way -----------------------------------------------------------------

std::optional<std::uint32_t> TcpExchanges::open(const Endpoints& ends, Random& random) {
  if (!keys_.insert(key_of(ends)).second) return std::nullopt;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(exchanges_.size()));
    exchanges_.push_back(std::make_unique<TcpExchange>());
  }
  std::uint32_t number = free_.back();
  free_.pop_back();
  exchanges_[number]->open(ends, random);
  return number;
}

void TcpExchanges::close(std::uint32_t number) {
  keys_.erase(key_of(exchanges_[number]->ends(false)));
  free_.push_back(number);
}

}  // namespace dnstorm::capture::synth
