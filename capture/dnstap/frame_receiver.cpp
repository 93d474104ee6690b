#include "capture/dnstap/frame_receiver.hpp"

namespace dnstorm::capture::dnstap {

std::string_view to_string(ReceiveFault fault) {
  switch (fault) {
    case ReceiveFault::none:
      return "none";
    case ReceiveFault::no_handshake:
      return "no_handshake";
    case ReceiveFault::content_type:
      return "content_type";
    case ReceiveFault::control_malformed:
      return "control_malformed";
    case ReceiveFault::control_unexpected:
      return "control_unexpected";
    case ReceiveFault::frame_too_long:
      return "frame_too_long";
    case ReceiveFault::frame_unexpected:
      return "frame_unexpected";
  }
  return "?";
}

FrameReceiver::Step FrameReceiver::fail(ReceiveFault fault) {
  state_ = State::failed;
  fault_ = fault;
  return {Step::Kind::failed, 0, {}};
}

FrameReceiver::Step FrameReceiver::other(const Token& token, std::vector<std::uint8_t>& reply) {
  switch (token.kind) {
    case Token::Kind::more:
      return {Step::Kind::more, token.size, {}};
    case Token::Kind::too_long:
      // Before the handshake it is another protocol rather than a long frame.
      return fail(state_ == State::begin ? ReceiveFault::no_handshake
                                         : ReceiveFault::frame_too_long);
    case Token::Kind::data:
      return fail(state_ == State::begin ? ReceiveFault::no_handshake
                                         : ReceiveFault::frame_unexpected);
    case Token::Kind::control:
      return take_control(token, reply);
  }
  return fail(ReceiveFault::control_malformed);
}

FrameReceiver::Step FrameReceiver::take_control(const Token& token,
                                                std::vector<std::uint8_t>& reply) {
  Control control;
  if (!parse_control(token.payload, control)) return fail(ReceiveFault::control_malformed);
  Step taken{Step::Kind::control, token.size, {}};
  if (!control.known) {
    ++unknown_controls_;
    return taken;
  }
  switch (state_) {
    case State::begin:
      if (control.type == ControlType::ready) {
        if (!control.takes_dnstap()) return fail(ReceiveFault::content_type);
        bidirectional_ = true;
        put_control(reply, ControlType::accept, dnstap_content_type);
        state_ = State::accepted;
        return taken;
      }
      [[fallthrough]];
    case State::accepted:
      if (control.type != ControlType::start) return fail(ReceiveFault::no_handshake);
      if (!control.takes_dnstap()) return fail(ReceiveFault::content_type);
      state_ = State::data;
      started_ = true;
      return taken;
    case State::data:
      if (control.type != ControlType::stop) return fail(ReceiveFault::control_unexpected);
      if (bidirectional_) put_control(reply, ControlType::finish);
      state_ = State::done;
      return {Step::Kind::done, token.size, {}};
    case State::done:
    case State::failed:
      break;
  }
  return fail(ReceiveFault::control_unexpected);
}

}  // namespace dnstorm::capture::dnstap
