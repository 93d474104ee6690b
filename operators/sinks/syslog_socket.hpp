// Brings syslog messages to a daemon: a datagram each by UDP (RFC 5426) or to a socket of this
// machine, or by TCP, each with its length in front (RFC 6587, octet counting). Connects when there
// is something to send, and anew after a failure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/sinks/row_sender.hpp"

namespace dnstorm::operators {

struct SyslogAddress {
  enum class Kind { udp, tcp, local };
  Kind kind = Kind::local;
  std::string host = {};
  std::string port = {};
  std::string path = {};  // of a local one
  std::string text = {};  // as it was written

  // udp://HOST[:PORT], tcp://HOST[:PORT], or a path
  static Result<SyslogAddress> parse(const std::string& text);
};

class SyslogSocket final : public RowReceiver {
 public:
  // Makes the message that goes before the next one when so many were held back.
  using HeldBackMessage = std::function<std::string(std::uint64_t)>;

  SyslogSocket(SyslogAddress address, DurationNs timeout, HeldBackMessage held_back_message);
  ~SyslogSocket() override;
  SyslogSocket(const SyslogSocket&) = delete;
  SyslogSocket& operator=(const SyslogSocket&) = delete;

  Answer deliver(std::span<const std::string> rows, std::uint64_t held_back) override;
  std::string name() const override { return address_.text; }

 private:
  bool connect_if_need_be();
  bool connect_local();
  bool connect_remote();
  bool connect_to(int family, int type, const void* address, unsigned size);
  bool send_all(const std::string& message);
  bool wait_for(short events);
  bool gone() const;
  bool fail(int error);
  void close();

  const SyslogAddress address_;
  const int timeout_ms_;
  const HeldBackMessage held_back_message_;
  int fd_ = -1;
  std::string failure_;
};

}  // namespace dnstorm::operators
