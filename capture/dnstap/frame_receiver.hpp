// The receiving side of one Frame Streams connection, both forms of it, as a pure state machine:
//
//   bidirectional:  READY -> (ACCEPT) -> START -> data ... -> STOP -> (FINISH)
//   unidirectional: START -> data ... -> STOP
//
// Bytes come in by step(), which looks at what stands at their beginning; what is to be sent is
// left in `reply`. The sockets are someone else's. A value of one connection, one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/dnstap/frame_stream.hpp"

namespace dnstorm::capture::dnstap {

// Why a connection cannot be understood any longer.
enum class ReceiveFault : std::uint8_t {
  none,
  no_handshake,        // the first frame is neither READY nor START, or no START follows ACCEPT
  content_type,        // the sender offers no dnstap
  control_malformed,   // fields that do not fit a control frame
  control_unexpected,  // a control frame where its type has no place
  frame_too_long,
  frame_unexpected,  // data outside START and STOP
};
inline constexpr std::size_t receive_fault_count = 7;
std::string_view to_string(ReceiveFault fault);

class FrameReceiver {
 public:
  struct Step {
    enum class Kind : std::uint8_t {
      frame,    // `frame` is a data frame
      control,  // a control frame was taken; send what `reply` has gained
      more,     // `size` bytes are needed at least
      done,     // STOP was received (and taken); what follows is not read
      failed,   // see fault()
    };
    Kind kind = Kind::more;
    std::uint32_t size = 0;  // bytes used; of `more`: wanted
    std::span<const std::uint8_t> frame;
  };

  // Call again with the bytes behind those that were used. After done or failed: the same again.
  Step step(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t>& reply) {
    if (state_ == State::data) [[likely]] {
      Token token = next_token(bytes);
      if (token.kind == Token::Kind::data) [[likely]]
        return {Step::Kind::frame, token.size, token.payload};
      return other(token, reply);
    }
    return state_ == State::done     ? Step{Step::Kind::done, 0, {}}
           : state_ == State::failed ? Step{Step::Kind::failed, 0, {}}
                                     : other(next_token(bytes), reply);
  }

  ReceiveFault fault() const { return fault_; }
  // START has come, whatever came of it.
  bool started() const { return started_; }
  bool finished() const { return state_ == State::done; }
  bool bidirectional() const { return bidirectional_; }
  std::uint64_t unknown_controls() const { return unknown_controls_; }

 private:
  enum class State : std::uint8_t { begin, accepted, data, done, failed };

  Step other(const Token& token, std::vector<std::uint8_t>& reply);
  Step take_control(const Token& token, std::vector<std::uint8_t>& reply);
  Step fail(ReceiveFault fault);

  State state_ = State::begin;
  ReceiveFault fault_ = ReceiveFault::none;
  bool bidirectional_ = false;
  bool started_ = false;
  std::uint64_t unknown_controls_ = 0;
};

}  // namespace dnstorm::capture::dnstap
