// A TCP proxy on loopback that cuts each connection after a random number of bytes, in the midst of
// whatever is under way. For tests; a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/assert.hpp"

namespace dnstorm::cluster {

class CuttingProxy {
 public:
  // Cuts after `bytes_mean` bytes, more or less.
  CuttingProxy(std::uint16_t to_port, std::uint64_t bytes_mean, std::uint64_t seed)
      : to_port_(to_port), limit_(1, 2 * bytes_mean), random_(seed) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    DNSTORM_ASSERT(bind(listener_, generic, size) == 0 && listen(listener_, 16) == 0 &&
                       getsockname(listener_, generic, &size) == 0,
                   "a port of loopback can be listened on");
    port_ = ntohs(address.sin_port);
    stop_ = eventfd(0, EFD_CLOEXEC);
    thread_ = std::thread([this] { run(); });
  }
  ~CuttingProxy() {
    std::uint64_t one = 1;
    std::ignore = write(stop_, &one, sizeof one);
    thread_.join();
    close(listener_);
    close(stop_);
  }
  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }
  std::uint64_t cuts() const { return cuts_; }

 private:
  // One direction of a connection.
  struct Flow {
    int from = -1;
    int to = -1;
    std::vector<char> bytes = std::vector<char>(256 * 1024);
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Connection {
    Flow flows[2];
    std::uint64_t left = 0;  // bytes until it is cut
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void run() {
    for (;;) {
      std::vector<pollfd> items = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const auto& connection : connections_) {
        for (const Flow& flow : connection->flows) {
          bool full = flow.begin != flow.end;
          items.push_back(
              {full ? flow.to : flow.from, static_cast<short>(full ? POLLOUT : POLLIN), 0});
        }
      }
      poll(items.data(), items.size(), -1);
      if ((items[0].revents & POLLIN) != 0) break;
      std::vector<std::unique_ptr<Connection>> kept;
      for (std::size_t i = 0; i < connections_.size(); ++i) {
        if (forward(*connections_[i], items[2 + 2 * i].revents, items[3 + 2 * i].revents))
          kept.push_back(std::move(connections_[i]));
        else
          end(*connections_[i]);
      }
      connections_ = std::move(kept);
      if ((items[1].revents & POLLIN) != 0) take_one();
    }
    for (const auto& connection : connections_) end(*connection);
  }
  static void end(const Connection& connection) {
    close(connection.flows[0].from);
    close(connection.flows[0].to);
  }
  void take_one() {
    int in = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(to_port_);
    if (in < 0 || connect(out, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(in);
      close(out);
      return;
    }
    fcntl(out, F_SETFL, O_NONBLOCK);
    auto connection = std::make_unique<Connection>();
    connection->flows[0].from = connection->flows[1].to = in;
    connection->flows[0].to = connection->flows[1].from = out;
    connection->left = limit_(random_);
    connections_.push_back(std::move(connection));
  }
  // False: it is over.
  bool forward(Connection& connection, short first, short second) {
    const short events[2] = {first, second};
    for (int i = 0; i < 2; ++i) {
      Flow& flow = connection.flows[i];
      if (events[i] == 0) continue;
      if (flow.begin == flow.end) {
        ssize_t got = read(flow.from, flow.bytes.data(), flow.bytes.size());
        if (got < 0 && errno == EAGAIN) continue;
        if (got <= 0) return false;
        flow.begin = 0;
        flow.end = static_cast<std::size_t>(got);
      }
      std::size_t most = std::min<std::uint64_t>(flow.end - flow.begin, connection.left);
      ssize_t sent = send(flow.to, flow.bytes.data() + flow.begin, most, MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) continue;
      if (sent < 0) return false;
      flow.begin += static_cast<std::size_t>(sent);
      connection.left -= static_cast<std::uint64_t>(sent);
      if (connection.left == 0) {
        ++cuts_;
        return false;
      }
    }
    return true;
  }

  std::uint16_t to_port_;
  std::uniform_int_distribution<std::uint64_t> limit_;
  std::mt19937_64 random_;
  int listener_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> cuts_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace dnstorm::cluster
