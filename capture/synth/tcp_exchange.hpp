// A TCP connection with the DNS messages that go over it (RFC 7766, RFC 9293), as a tap beside the
// server sees it: handshake, queries and responses behind their two bytes of length, end.
//
//   exchange.open(ends, random);
//   exchange.ask(query, facts);  exchange.answer(response, facts, delay);   // as often as wanted
//   for (const TcpSegment& s : exchange.schedule(start, rtt, random)) ... exchange.payload(s) ...
//   exchange.arrive(s, now, messages);    // of each, in the order in which they are written
//
// Queries are sent one after the other's response or several at once. Messages are cut into
// segments by their size and, at times, anywhere, the two bytes included; some segments overtake
// the one before, some come again. One owner, one thread; open() begins anew and keeps the memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "capture/synth/facts.hpp"
#include "capture/synth/frame.hpp"
#include "capture/synth/random.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

struct TcpSegment {
  TimeNs time = 0;
  TcpFields fields;
  bool from_server = false;
  std::uint32_t piece = 0;  // of the data of its direction, with `size`
  std::uint32_t begin = 0;  // of its data in their direction
  std::uint32_t size = 0;   // 0: it carries none
};

// A message that is complete.
struct TcpMessage {
  const MessageFacts* facts;
  bool from_server;
  ByteSpan wire;  // without the two bytes
};

class TcpExchange {
 public:
  // `ends` are the client's. The first sequence numbers are drawn.
  void open(const Endpoints& ends, Random& random);
  void ask(ByteSpan query, const MessageFacts& facts);
  bool has_asked(std::uint16_t id) const;
  // The last query; `delay` after it the server answers.
  void answer(ByteSpan response, const MessageFacts& facts, DurationNs delay);

  // Lays out the connection from its SYN on: in order of time, until the next open().
  std::span<const TcpSegment> schedule(TimeNs start, DurationNs round_trip, Random& random);
  ByteSpan payload(const TcpSegment& segment) const;
  Endpoints ends(bool from_server) const { return from_server ? ends_.reversed() : ends_; }

  // A segment has been written at `now`. Appends the messages that are complete with it: they live
  // until the next open(). Facts of a response say which query it answers.
  SegmentKind arrive(const TcpSegment& segment, TimeNs now, std::vector<TcpMessage>& messages);
  // No segment will be written any more: what is whole behind one that is missing counts as well.
  void give_up(std::vector<TcpMessage>& messages);
  TimeNs last() const { return last_; }  // when a segment arrived

  // Packets that have not been written yet; counted by the owner.
  std::uint32_t waiting = 0;

 private:
  struct Message {
    std::uint32_t begin = 0, end = 0;  // in the direction's bytes, length included
    std::size_t query = 0;             // which it answers
    TimeNs complete_at = -1;           // not yet
    MessageFacts facts;
  };
  struct Piece {
    std::uint32_t begin, end;
    bool arrived;
  };
  // One direction.
  struct Half {
    std::uint32_t first_sequence = 0;  // of the SYN
    Frame bytes;
    std::vector<Message> messages;
    std::vector<Piece> pieces;
    std::size_t in_order = 0;  // pieces that have arrived without a gap
    std::size_t complete = 0;  // messages, from the first on
    bool ended = false;        // a FIN has been laid out
    std::uint32_t sent() const { return pieces.empty() ? 0 : pieces.back().end; }
  };
  // A response until the server gives it.
  struct Answer {
    std::size_t query;
    Frame wire;
    DurationNs delay = 0;
    MessageFacts facts;
  };

  Half& half(bool from_server) { return halves_[from_server ? 1 : 0]; }
  const Half& half(bool from_server) const { return halves_[from_server ? 1 : 0]; }
  void append(bool from_server, ByteSpan wire, const MessageFacts& facts, std::size_t query);
  void control(TimeNs time, bool from_server, std::uint8_t flags);
  void piece(TimeNs time, bool from_server, std::uint32_t begin, std::uint32_t end);
  TimeNs send(TimeNs time, bool from_server, std::uint32_t begin, std::uint32_t end,
              Random& random);
  TimeNs ask_group(TimeNs time, std::size_t first, std::size_t end, Random& random);
  TimeNs answer_group(TimeNs asked, std::size_t first, std::size_t end, Random& random);
  void disturb(std::size_t first, Random& random);
  bool may_overtake(const TcpSegment& segment) const;
  void close(TimeNs time, DurationNs round_trip, bool by_server);
  void complete(Message& message, bool from_server, TimeNs now, std::vector<TcpMessage>& messages);

  Endpoints ends_;
  Half halves_[2];  // the client's, the server's
  std::vector<Answer> answers_;
  std::vector<std::pair<TimeNs, std::size_t>> ready_;
  std::vector<TcpSegment> segments_;
  TimeNs last_ = 0;
};

// The connections under way; no two of them have the same ends.
class TcpExchanges {
 public:
  // Opens one and says its number; nothing if the ends are those of another.
  std::optional<std::uint32_t> open(const Endpoints& ends, Random& random);
  TcpExchange& operator[](std::uint32_t number) { return *exchanges_[number]; }
  void close(std::uint32_t number);
  // Calls `take` with each that is open.
  template <class Take>
  void for_each(Take take) {
    for (std::uint32_t n = 0; n < exchanges_.size(); ++n)
      if (exchanges_[n]->waiting != 0) take(*exchanges_[n]);
  }

 private:
  using Key = std::tuple<IpAddress, std::uint16_t, IpAddress>;
  static Key key_of(const Endpoints& ends) { return {ends.src, ends.src_port, ends.dst}; }

  std::vector<std::unique_ptr<TcpExchange>> exchanges_;
  std::vector<std::uint32_t> free_;
  std::set<Key> keys_;
};

}  // namespace dnstorm::capture::synth
