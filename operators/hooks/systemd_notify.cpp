#include "operators/hooks/systemd_notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace dnstorm::operators {

namespace {

// sd_notify(3): lines VARIABLE=value in one datagram to the socket that $NOTIFY_SOCKET names. A
// path, or with @ a name in the abstract name space.
Result<void> notify(const std::string& path, const std::string& text) {
  auto failed = [&path](const char* why) {
    return Error{ErrorKind::unavailable,
                 fmt::format("systemd cannot be told: NOTIFY_SOCKET={}: {}", path, why), ""};
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return failed("too long a path");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  int to = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (to < 0) return failed(std::strerror(errno));
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  ssize_t sent = ::sendto(to, text.data(), text.size(), MSG_NOSIGNAL,
                          reinterpret_cast<const sockaddr*>(&address), size);
  int problem = errno;
  ::close(to);
  if (sent != static_cast<ssize_t>(text.size())) return failed(std::strerror(problem));
  return {};
}

class SystemdNotify final : public WorkerHook {
 public:
  explicit SystemdNotify(const Options& options) : status_(options.text("status")) {}

  Result<void> start(const WorkerContext& worker) override {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr || *path == '\0') return {};  // not a service of systemd's
    path_ = path;
    std::string status = status_.empty() ? "topology " + worker.topology : status_;
    return notify(path_, fmt::format("READY=1\nSTATUS={}\n", status));
  }
  void shutdown() override {
    // Nobody is left to hear of a failure.
    if (!path_.empty()) (void)notify(path_, "STOPPING=1\n");
  }

 private:
  std::string status_;
  std::string path_;
};

}  // namespace

WorkerHookDef systemd_notify_hook() {
  WorkerHookDef def;
  def.name = "systemd_notify";
  def.summary = "Tells systemd that the topology runs, and that it stops (Type=notify).";
  def.options = {{"status", OptionType::text, "",
                  "what `systemctl status` shows; if not given, the name of the topology"}};
  def.constructor = {"status"};
  def.example = "workerHooks:\n  - {id: systemd, className: systemd_notify}\n";
  def.make = [](const Options& options) { return std::make_unique<SystemdNotify>(options); };
  return def;
}

}  // namespace dnstorm::operators
