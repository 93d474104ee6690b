#include "operators/sinks/syslog_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace dnstorm::operators {

namespace {

constexpr std::string_view udp_scheme = "udp://";
constexpr std::string_view tcp_scheme = "tcp://";

Error address_error(const std::string& text) {
  return {ErrorKind::config,
          fmt::format("`to` is '{}', which is neither udp://HOST:PORT, tcp://HOST:PORT nor a path",
                      text),
          "to"};
}

bool set_host(SyslogAddress& address, std::string_view rest) {
  std::size_t host_end = rest.starts_with('[') ? rest.find(']') : rest.find(':');
  if (rest.starts_with('[')) {
    if (host_end == std::string_view::npos) return false;
    address.host = rest.substr(1, host_end - 1);
    ++host_end;
  } else {
    address.host = rest.substr(0, host_end);
    if (host_end == std::string_view::npos) host_end = rest.size();
  }
  rest.remove_prefix(host_end);
  if (!rest.empty()) {
    if (!rest.starts_with(':') || rest.size() == 1) return false;
    address.port = rest.substr(1);
  }
  bool digits = address.port.find_first_not_of("0123456789") == std::string::npos;
  return !address.host.empty() && digits && address.port.size() <= 5 &&
         std::stoi(address.port) <= 65'535;
}

}  // namespace

Result<SyslogAddress> SyslogAddress::parse(const std::string& text) {
  SyslogAddress address;
  address.text = text;
  std::string_view rest = text;
  if (rest.starts_with('/')) {
    address.path = text;
    if (text.size() >= sizeof(sockaddr_un::sun_path)) return address_error(text);
    return address;
  }
  if (rest.starts_with(udp_scheme)) {
    address.kind = Kind::udp;
    address.port = "514";
    rest.remove_prefix(udp_scheme.size());
  } else if (rest.starts_with(tcp_scheme)) {
    address.kind = Kind::tcp;
    address.port = "601";
    rest.remove_prefix(tcp_scheme.size());
  } else {
    return address_error(text);
  }
  if (!set_host(address, rest)) return address_error(text);
  return address;
}

SyslogSocket::SyslogSocket(SyslogAddress address, DurationNs timeout,
                           HeldBackMessage held_back_message)
    : address_(std::move(address)),
      timeout_ms_(static_cast<int>(timeout / ns_per_ms)),
      held_back_message_(std::move(held_back_message)) {}

SyslogSocket::~SyslogSocket() { close(); }

void SyslogSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool SyslogSocket::fail(int error) {
  failure_ = std::strerror(error);
  close();
  return false;
}

bool SyslogSocket::wait_for(short events) {
  pollfd waiting{fd_, events, 0};
  int ready = 0;
  do ready = ::poll(&waiting, 1, timeout_ms_);
  while (ready < 0 && errno == EINTR);
  if (ready > 0) return true;
  return fail(ready == 0 ? ETIMEDOUT : errno);
}

bool SyslogSocket::connect_to(int family, int type, const void* address, unsigned size) {
  fd_ = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return fail(errno);
  if (::connect(fd_, static_cast<const sockaddr*>(address), size) == 0) return true;
  if (errno != EINPROGRESS) return fail(errno);
  if (!wait_for(POLLOUT)) return false;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 || fail(error);
}

bool SyslogSocket::connect_local() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  address_.path.copy(address.sun_path, sizeof address.sun_path - 1);
  return connect_to(AF_UNIX, SOCK_DGRAM, &address, sizeof address);
}

bool SyslogSocket::connect_remote() {
  addrinfo hints{};
  hints.ai_socktype = address_.kind == SyslogAddress::Kind::tcp ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int problem = ::getaddrinfo(address_.host.c_str(), address_.port.c_str(), &hints, &found);
  if (problem != 0) {
    failure_ = ::gai_strerror(problem);
    return false;
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next)
    if (connect_to(at->ai_family, at->ai_socktype, at->ai_addr, at->ai_addrlen)) return true;
  return false;
}

// A daemon says nothing: what can be read is the end of the connection.
bool SyslogSocket::gone() const {
  if (address_.kind != SyslogAddress::Kind::tcp) return false;
  char byte = 0;
  ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

bool SyslogSocket::connect_if_need_be() {
  if (fd_ >= 0 && gone()) close();
  if (fd_ >= 0) return true;
  return address_.kind == SyslogAddress::Kind::local ? connect_local() : connect_remote();
}

bool SyslogSocket::send_all(const std::string& message) {
  std::string_view rest = message;
  while (true) {
    ssize_t sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      if (rest.empty()) return true;
    } else if (errno == EAGAIN) {
      if (!wait_for(POLLOUT)) return false;
    } else if (errno != EINTR) {
      return fail(errno);
    }
  }
}

RowReceiver::Answer SyslogSocket::deliver(std::span<const std::string> rows,
                                          std::uint64_t held_back) {
  bool framed = address_.kind == SyslogAddress::Kind::tcp;
  auto send = [&](const std::string& message) {
    return send_all(framed ? fmt::format("{} {}", message.size(), message) : message);
  };
  if (!connect_if_need_be()) return {Outcome::again, failure_};
  if (held_back > 0 && !send(held_back_message_(held_back))) return {Outcome::again, failure_};
  for (const std::string& row : rows)
    if (!send(row)) {
      bool too_long = !framed && failure_ == std::strerror(EMSGSIZE);
      return {too_long ? Outcome::refused : Outcome::again, failure_};
    }
  return {};
}

}  // namespace dnstorm::operators
