// A ZooKeeper server of Debian's package zookeeper on a port of its own, with a folder of its own.
// It dies with the test.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {

class ZooServer {
 public:
  static constexpr const char* jar = "/usr/share/java/zookeeper.jar";
  static bool installed() { return ::access(jar, R_OK) == 0 && ::access(java, X_OK) == 0; }

  explicit ZooServer(int tick_ms) : port_(free_port()) {
    std::ofstream(folder_.path_of("zoo.cfg"))
        << "tickTime=" << tick_ms << "\ndataDir=" << folder_.path_of("data")
        << "\nclientPort=" << port_ << "\nclientPortAddress=127.0.0.1"
        << "\nadmin.enableServer=false\n";
    start();
  }
  ZooServer(const ZooServer&) = delete;
  ZooServer& operator=(const ZooServer&) = delete;
  ~ZooServer() { kill(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void start() {
    std::string config = folder_.path_of("zoo.cfg");
    process_ = ::fork();
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(1);
    ::execl(java, java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", jar,
            "org.apache.zookeeper.server.quorum.QuorumPeerMain", config.c_str(), nullptr);
    ::_exit(1);
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  void pause() { ::kill(process_, SIGSTOP); }
  void resume() { ::kill(process_, SIGCONT); }

 private:
  static constexpr const char* java = "/usr/bin/java";
  static int free_port() {
    int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  dnstorm::testing::TemporaryFolder folder_;
  int port_;
  pid_t process_ = 0;
};

}  // namespace dnstorm::cluster
