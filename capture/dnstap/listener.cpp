#include "capture/dnstap/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace dnstorm::capture::dnstap {
namespace {

constexpr int backlog = 128;

Error failure(const std::string& where, std::string_view what, int number) {
  ErrorKind kind =
      number == EACCES || number == EPERM ? ErrorKind::permission : ErrorKind::unavailable;
  return {kind, fmt::format("{}: {}: {}", where, what, std::strerror(number)), {}};
}

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{ErrorKind::config,
                 fmt::format("{}: a Unix socket's path has at most {} bytes", path,
                             sizeof address.sun_path - 1),
                 "socket"};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// Makes the path free, unless it is somebody's.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode))
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: is there and no socket; remove it or name another path", path),
                 "socket"};
  Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.open()) return failure(path, "a socket cannot be made", errno);
  // A full backlog (EAGAIN) is a sign of life, too.
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN)
    return Error{
        ErrorKind::unavailable,
        fmt::format("{}: another program listens there; stop it or name another path", path),
        "socket"};
  if (unlink(path.c_str()) != 0 && errno != ENOENT)
    return failure(path, "the socket of an earlier run cannot be removed", errno);
  return {};
}

Result<void> give_to(const std::string& path, const std::string& owner) {
  std::string user = owner.substr(0, owner.find(':'));
  std::string group = user.size() < owner.size() ? owner.substr(user.size() + 1) : "";
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  if (!user.empty()) {
    const passwd* found = getpwnam(user.c_str());
    if (found == nullptr)
      return Error{ErrorKind::config, fmt::format("there is no user '{}'", user), "socket_owner"};
    uid = found->pw_uid;
  }
  if (!group.empty()) {
    const struct group* found = getgrnam(group.c_str());
    if (found == nullptr)
      return Error{ErrorKind::config, fmt::format("there is no group '{}'", group), "socket_owner"};
    gid = found->gr_gid;
  }
  if (chown(path.c_str(), uid, gid) != 0)
    return failure(path, fmt::format("cannot be given to {}", owner), errno);
  return {};
}

// HOST and PORT of an address; the loopback interface where no host is named.
std::pair<std::string, std::string> split_address(const std::string& address) {
  std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {"127.0.0.1", address};
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Result<UnixListener> UnixListener::open(const UnixOptions& options) {
  sockaddr_un address = DNSTORM_TRY(unix_address(options.path));
  DNSTORM_CHECK(remove_stale(options.path, address));
  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.open()) return failure(options.path, "a socket cannot be made", errno);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failure(options.path, "cannot be bound", errno);
  UnixListener listener(std::move(fd), options.path);
  struct stat status {};
  if (lstat(options.path.c_str(), &status) == 0) listener.inode_ = status.st_ino;
  // Before listen(): nobody gets in by the mode that umask made.
  if (chmod(options.path.c_str(), options.mode) != 0)
    return failure(options.path, "its mode cannot be set", errno);
  if (!options.owner.empty()) DNSTORM_CHECK(give_to(options.path, options.owner));
  if (listen(listener.fd(), backlog) != 0)
    return failure(options.path, "cannot be listened at", errno);
  return listener;
}

UnixListener::~UnixListener() {
  struct stat status {};
  if (fd_.open() && lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_)
    unlink(path_.c_str());
}

Result<Descriptor> listen_tcp(const std::string& address) {
  auto [host, port] = split_address(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int problem = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &list);
  if (problem != 0)
    return Error{ErrorKind::config,
                 fmt::format("'{}' is no address to listen at, such as 0.0.0.0:6000: {}", address,
                             gai_strerror(problem)),
                 "listen"};
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> held(list, freeaddrinfo);
  Descriptor fd(socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.open()) return failure(address, "a socket cannot be made", errno);
  int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0 || listen(fd.get(), backlog) != 0)
    return failure(address, "cannot be listened at", errno);
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace dnstorm::capture::dnstap
