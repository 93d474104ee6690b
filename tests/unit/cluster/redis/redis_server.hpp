// A Redis of Debian's package redis-server on a port of its own, with nothing on disk. It
// dies with the test.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace dnstorm::cluster {

class RedisServer {
 public:
  static constexpr const char* program = "/usr/bin/redis-server";
  static bool installed() { return ::access(program, X_OK) == 0; }

  explicit RedisServer(std::string password = "") : password_(std::move(password)) { start(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() { kill(); }

  std::string address() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  void start() {
    std::string port = std::to_string(port_);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(program, program, "--port", port.c_str(), "--bind", "127.0.0.1", "--save", "",
              password_.empty() ? nullptr : "--requirepass", password_.c_str(), nullptr);
      ::_exit(1);
    }
    ::close(ends[1]);
    output_.reset(::fdopen(ends[0], "r"));
    char line[512];
    while (std::fgets(line, sizeof line, output_.get()) != nullptr)
      if (std::string_view(line).find("Ready to accept") != std::string_view::npos) return;
    FAIL() << "redis-server has ended";
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
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

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string password_;
  int port_ = free_port();
  pid_t process_ = 0;
  std::unique_ptr<std::FILE, Close> output_;  // read no further: it says little
};

}  // namespace dnstorm::cluster
