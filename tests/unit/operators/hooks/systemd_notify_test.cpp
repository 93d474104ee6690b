#include "operators/hooks/systemd_notify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace dnstorm::operators {
namespace {

using ::testing::HasSubstr;

// Systemd's end, in the abstract name space.
class Systemd {
 public:
  Systemd() : name_(fmt::format("@dnstorm-test-{}", ::getpid())) {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
  }
  ~Systemd() { ::close(fd_); }
  std::string heard() const {
    char text[500];
    ssize_t size = ::recv(fd_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  int fd_;
};

class SystemdNotifyTest : public ::testing::Test {
 protected:
  ~SystemdNotifyTest() override { ::unsetenv("NOTIFY_SOCKET"); }
  std::unique_ptr<WorkerHook> make(const RawOptions& raw = {}) {
    WorkerHookDef def = systemd_notify_hook();
    return def.make(Options::parse(def.options, raw).value());
  }
  WorkerContext context{"mine", nullptr, nullptr};
};

TEST_F(SystemdNotifyTest, tells_that_the_topology_runs_and_that_it_stops) {
  Systemd systemd;
  ::setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1);
  auto hook = make();
  ASSERT_TRUE(hook->start(context).ok());
  EXPECT_EQ(systemd.heard(), "READY=1\nSTATUS=topology mine\n");
  hook->shutdown();
  EXPECT_EQ(systemd.heard(), "STOPPING=1\n");
}

TEST_F(SystemdNotifyTest, shows_the_status_that_it_is_given) {
  Systemd systemd;
  ::setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1);
  ASSERT_TRUE(make({{"status", {{"counting"}, false, 1, 1}}})->start(context).ok());
  EXPECT_THAT(systemd.heard(), HasSubstr("STATUS=counting\n"));
}

TEST_F(SystemdNotifyTest, is_silent_where_there_is_no_systemd) {
  ::unsetenv("NOTIFY_SOCKET");
  auto hook = make();
  EXPECT_TRUE(hook->start(context).ok());
  hook->shutdown();
}

TEST_F(SystemdNotifyTest, names_a_socket_that_is_not_there) {
  ::setenv("NOTIFY_SOCKET", "/nowhere/notify", 1);
  auto started = make()->start(context);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().what, HasSubstr("NOTIFY_SOCKET=/nowhere/notify"));
}

}  // namespace
}  // namespace dnstorm::operators
