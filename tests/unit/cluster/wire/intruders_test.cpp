// What comes from outside and must not get in: each is turned away, counted, and does no harm to
// those who may.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <random>
#include <zmq.hpp>

#include "cluster/wire/data_links.hpp"
#include "tests/unit/cluster/wire/cutting_proxy.hpp"
#include "tests/unit/cluster/wire/heard.hpp"

namespace dnstorm::cluster {
namespace {

// A coordinator's hub with keys, and one node that may come in.
class Intruders : public testing::Test {
 protected:
  Intruders() {
    HubOptions options;
    options.identity = "centre";
    options.keys = make_curve_keys();
    options.allowed = {{"node", node_keys.public_key}, {"other", other_keys.public_key}};
    options.frame_bytes_max = 1 << 20;
    options.handshake_timeout = 500 * ns_per_ms;
    server_key = options.keys.public_key;
    hub = Hub::start(options, heard.handlers()).value();
    endpoint = hub->bind("tcp://127.0.0.1:0").value();
    port = static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  }

  // Waits until it has been counted so often.
  void expect_refused(HubRefusal why, std::uint64_t times) {
    auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (count(why) < times && std::chrono::steady_clock::now() < patience)
      std::this_thread::yield();
    EXPECT_GE(count(why), times) << to_string(why);
  }
  std::uint64_t count(HubRefusal why) const {
    return hub->statistics().refused[static_cast<std::size_t>(why)];
  }
  // A node that may come in comes in, and nothing else has come before it.
  void expect_only_the_node_gets_in() {
    Heard node_heard;
    HubOptions options;
    options.identity = "node";
    options.keys = node_keys;
    auto node = Hub::start(options, node_heard.handlers()).value();
    ASSERT_TRUE(node->connect("centre", endpoint, server_key).ok());
    node_heard.wait([](auto& h) { return h.connected.contains("centre<-"); });
    node->send({"centre", false}, {Buffer::copy_of("report"), {}});
    heard.wait([](auto& h) { return !h.messages.empty(); });
    EXPECT_EQ(heard.pop().frame.head.text(), "report");
  }
  // A socket of ZeroMQ's own, as an intruder would use it.
  zmq::socket_t dealer(const std::string& identity) {
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::routing_id, identity);
    return socket;
  }
  void use_keys(zmq::socket_t& socket, const CurveKeys& own, const std::string& server) {
    socket.set(zmq::sockopt::curve_publickey, own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, own.secret_key);
    socket.set(zmq::sockopt::curve_serverkey, server);
  }
  int raw_connection() const {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(fd);
      fd = -1;
    }
    return fd;
  }

  CurveKeys node_keys = make_curve_keys();
  CurveKeys other_keys = make_curve_keys();
  std::string server_key;
  Heard heard;
  std::unique_ptr<Hub> hub;
  std::string endpoint;
  std::uint16_t port = 0;
  zmq::context_t context;
};

// By hand: a socket of ZeroMQ's would see that it is not welcome, too, and perhaps go first.
TEST_F(Intruders, WithoutAKey) {
  int fd = raw_connection();
  ASSERT_GE(fd, 0);
  std::string greeting("\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL", 16);
  greeting.resize(64, '\0');
  ASSERT_EQ(::send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL), 64);
  expect_refused(HubRefusal::no_key, 1);
  close(fd);
  expect_only_the_node_gets_in();
}

TEST_F(Intruders, WithAForeignKey) {
  zmq::socket_t socket = dealer("node");
  use_keys(socket, make_curve_keys(), server_key);
  socket.connect(endpoint);
  socket.send(zmq::str_buffer("let me in"), zmq::send_flags::none);
  expect_refused(HubRefusal::foreign_key, 1);
  expect_only_the_node_gets_in();
}

TEST_F(Intruders, WithoutTheKeyOfTheCentre) {
  zmq::socket_t socket = dealer("node");
  use_keys(socket, node_keys, make_curve_keys().public_key);
  socket.connect(endpoint);
  socket.send(zmq::str_buffer("let me in"), zmq::send_flags::none);
  expect_refused(HubRefusal::bad_handshake, 1);
  expect_only_the_node_gets_in();
}

TEST_F(Intruders, UnderAnothersName) {
  zmq::socket_t socket = dealer("node");
  use_keys(socket, other_keys, server_key);
  socket.connect(endpoint);
  socket.send(zmq::str_buffer("I am node"), zmq::send_flags::none);
  expect_refused(HubRefusal::foreign_identity, 1);
  socket.close();
  expect_only_the_node_gets_in();
}

TEST_F(Intruders, WithGarbage) {
  std::mt19937_64 random(1);
  std::uint64_t connections = 0;
  for (; connections < 300; ++connections) {
    int fd = raw_connection();
    ASSERT_GE(fd, 0);
    std::string bytes(random() % 2000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Some begin as ZeroMQ does, of three versions.
    static const std::string greeting("\xff\0\0\0\0\0\0\0\1\x7f", 10);
    if (connections % 3 == 1) bytes.replace(0, std::min<std::size_t>(10, bytes.size()), greeting);
    if (connections % 3 == 2)
      bytes.replace(0, std::min<std::size_t>(10, bytes.size()), greeting + '\3');
    std::ignore = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    close(fd);
  }
  expect_refused(HubRefusal::closed_silent, connections);
  EXPECT_EQ(hub->statistics().accepted, connections);
  expect_only_the_node_gets_in();
}

TEST_F(Intruders, WithAnOversizedFrame) {
  zmq::socket_t socket = dealer("node");
  use_keys(socket, node_keys, server_key);
  socket.connect(endpoint);
  // In pieces that each may pass.
  std::string piece(700'000, 'x');
  socket.send(zmq::buffer(piece), zmq::send_flags::sndmore);
  socket.send(zmq::buffer(piece), zmq::send_flags::none);
  expect_refused(HubRefusal::too_large, 1);
  // At once: the connection is cut.
  std::string large(3 << 20, 'x');
  heard.wait([](auto& h) { return h.connected.contains("node->"); });
  socket.send(zmq::buffer(large), zmq::send_flags::none);
  heard.wait([](auto& h) { return !h.connected.contains("node->"); });
  socket.close();
  expect_only_the_node_gets_in();
}

TEST_F(Intruders, WithThousandsOfHalfOpenConnections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  // Both ends are in this process.
  std::uint64_t wanted = std::min<std::uint64_t>(10'000, (limit.rlim_cur - 500) / 2);
  std::vector<int> open;
  for (std::uint64_t i = 0; i < wanted; ++i) {
    int fd = raw_connection();
    if (fd >= 0) open.push_back(fd);
  }
  EXPECT_GT(open.size(), wanted / 2);
  // In the midst of them.
  expect_only_the_node_gets_in();
  expect_refused(HubRefusal::unfinished_handshake, open.size());
  for (int fd : open) close(fd);
  setrlimit(RLIMIT_NOFILE, &before);
  RecordProperty("half_open", std::to_string(open.size()));
}

// What a data link once carried is sent to it again, by one who has an allowed key.
TEST(ReplayedFrames, ChangeNothing) {
  Heard heard;
  DataLinksOptions options;
  options.hub.identity = "a";
  options.link.incarnation = 5;
  options.link.session = 77;
  std::atomic<std::uint64_t> credits = 0;
  DataHandlers handlers;
  handlers.message = [&](PeerIndex, WireMessage) { ++credits; };
  auto links = DataLinks::start(options, handlers).value();
  ASSERT_TRUE(links->set_peers({{"b", "tcp://127.0.0.1:1", ""}}).ok());

  LinkOptions link;
  link.incarnation = 5;
  link.session = 88;
  LinkEnd end(link);
  HubOptions hub_options;
  hub_options.identity = "b";
  auto hub = Hub::start(hub_options, heard.handlers()).value();
  ASSERT_TRUE(hub->connect("a", links->endpoint(), "").ok());
  heard.wait([](auto& h) { return h.connected.contains("a<-"); });
  end.connected(0);
  for (const Frame& frame : end.frames(0)) hub->send({"a", false}, frame);
  while (!end.ready()) {
    heard.wait([](auto& h) { return !h.messages.empty(); });
    end.take(heard.pop().frame, 0);
  }
  end.send(encode(runtime::Credit{}), Lane::urgent);
  std::vector<Frame> frames = end.frames(0);
  LinkOptions old = link;
  old.incarnation = 4;
  LinkEnd before(old);
  before.connected(0);
  frames.push_back(before.frames(0).at(0));
  for (int i = 0; i < 10; ++i)
    for (const Frame& frame : frames) hub->send({"a", false}, frame);
  auto refused = [&](Refusal why) {
    return links->statistics(0).link.refused[static_cast<std::size_t>(why)];
  };
  while (refused(Refusal::foreign_incarnation) < 10) std::this_thread::yield();
  EXPECT_GE(refused(Refusal::duplicate), 9u);
  EXPECT_EQ(credits, 1u);
}

}  // namespace
}  // namespace dnstorm::cluster
