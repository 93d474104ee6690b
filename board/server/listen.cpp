#include "board/server/listen.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "engine/base/ip.hpp"

namespace dnstorm::board {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Error cannot_listen(const std::string& host, std::uint16_t port, int error) {
  const std::string where = fmt::format("board: port {} on {}", port, host);
  if (error == EADDRINUSE)
    return {ErrorKind::unavailable,
            fmt::format("{} is in use: stop the program that has it, or choose another port "
                        "(0 takes any free one)",
                        where),
            "board"};
  if (error == EACCES)
    return {ErrorKind::permission,
            fmt::format("{} is not allowed for this user: choose a port above 1023", where),
            "board"};
  if (error == EADDRNOTAVAIL)
    return {
        ErrorKind::usage,
        fmt::format("board: {} is not an address of this machine: use 127.0.0.1, or 0.0.0.0 for "
                    "all",
                    host),
        "board"};
  return {ErrorKind::io, fmt::format("{}: {}", where, std::strerror(error)), "board"};
}

std::string url_of(const sockaddr* address, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address->sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    inet_ntop(AF_INET6, IN6_IS_ADDR_UNSPECIFIED(&v6) ? &in6addr_loopback : &v6, text, sizeof text);
    return fmt::format("http://[{}]:{}/", text, port);
  }
  in_addr v4 = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (v4.s_addr == htonl(INADDR_ANY)) v4.s_addr = htonl(INADDR_LOOPBACK);
  inet_ntop(AF_INET, &v4, text, sizeof text);
  return fmt::format("http://{}:{}/", text, port);
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
  const auto& v4 = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  return (ntohl(v4.s_addr) >> 24) == 127;
}

Result<Listener> listen_on(int fd, const addrinfo& at, const std::string& host,
                           std::uint16_t port) {
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // Accepted sockets inherit it.
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  if (bind(fd, at.ai_addr, at.ai_addrlen) != 0 || ::listen(fd, SOMAXCONN) != 0)
    return cannot_listen(host, port, errno);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  auto* address = reinterpret_cast<sockaddr*>(&bound);
  if (getsockname(fd, address, &size) != 0) return cannot_listen(host, port, errno);
  const std::uint16_t actual =
      ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(address)->sin6_port
                                        : reinterpret_cast<sockaddr_in*>(address)->sin_port);
  return Listener{fd, actual, url_of(address, actual), is_loopback(address)};
}

}  // namespace

Result<Listener> open_listener(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  const AddressList list(found, &freeaddrinfo);
  if (failed != 0)
    return Error{ErrorKind::usage,
                 fmt::format("board: cannot listen on \"{}\": {}; give an address of this machine",
                             host, gai_strerror(failed)),
                 "board"};
  const int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return cannot_listen(host, port, errno);
  Result<Listener> listener = listen_on(fd, *list, host, port);
  if (!listener) close(fd);
  return listener;
}

bool is_local_host_header(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const std::size_t end = host.find(']');
    return end != std::string_view::npos && parse_ip(host.substr(1, end - 1)).has_value();
  }
  const std::string_view name = host.substr(0, host.rfind(':'));
  return name == "localhost" || name.ends_with(".localhost") || parse_ip(name).has_value();
}

}  // namespace dnstorm::board
