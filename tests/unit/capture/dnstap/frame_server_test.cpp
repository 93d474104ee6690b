#include "capture/dnstap/frame_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace dnstorm::capture::dnstap {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

constexpr DurationNs patience = 60 * ns_per_s;  // until a test is given up

std::span<const std::uint8_t> view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A sender with blocking sockets.
class Sender {
 public:
  static Sender to_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    return Sender(AF_UNIX, &address, sizeof address);
  }
  static Sender to_tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return Sender(AF_INET, &address, sizeof address);
  }
  void send(const Bytes& bytes) const {
    ASSERT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void control(ControlType type, std::string_view content_type = {}) const {
    Bytes bytes;
    put_control(bytes, type, content_type);
    send(bytes);
  }
  void frame(std::string_view text) const {
    Bytes bytes;
    put_frame(bytes, view(text));
    send(bytes);
  }
  // What the server says, a control frame of this type. Anything else: the end of the connection.
  void expect(ControlType type, std::string_view content_type = {}) const {
    Bytes wanted;
    put_control(wanted, type, content_type);
    Bytes got(wanted.size());
    ASSERT_EQ(::recv(fd_.get(), got.data(), got.size(), MSG_WAITALL),
              static_cast<ssize_t>(got.size()));
    EXPECT_EQ(got, wanted);
  }
  void expect_end() const {
    std::uint8_t byte;
    EXPECT_LE(::recv(fd_.get(), &byte, 1, 0), 0);
  }
  void greet() const {
    control(ControlType::ready, dnstap_content_type);
    expect(ControlType::accept, dnstap_content_type);
    control(ControlType::start, dnstap_content_type);
  }
  void leave() const {
    control(ControlType::stop);
    expect(ControlType::finish);
    expect_end();
  }
  void close() { fd_ = Descriptor(); }

 private:
  Sender(int family, const void* address, socklen_t size)
      : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(connect(fd_.get(), static_cast<const sockaddr*>(address), size), 0);
  }
  Descriptor fd_;
};

class Servers : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string form = (fs::temp_directory_path() / "dnstorm-XXXXXX").string();
    folder_ = mkdtemp(form.data());
    options.unix_socket.path = path();
  }
  void TearDown() override {
    server.reset();
    fs::remove_all(folder_);
  }
  std::string path() const { return folder_ / "tap.sock"; }
  void start() {
    auto started = FrameServer::start(options);
    ASSERT_TRUE(started.ok()) << started.error().what;
    server = std::move(*started);
  }
  std::string refusal() const {
    auto started = FrameServer::start(options);
    return started.ok() ? "" : started.error().what;
  }
  // The next chunk's frames.
  std::vector<std::string> take() const {
    std::vector<std::string> frames;
    auto chunk = server->queue().take(patience);
    if (chunk == nullptr) return frames;
    for (const auto& piece : chunk->frames) {
      auto bytes = chunk->bytes(piece);
      frames.emplace_back(bytes.begin(), bytes.end());
    }
    return frames;
  }
  // Everything until the server has ended by itself.
  std::vector<std::string> take_all() const {
    std::vector<std::string> all;
    while (!server->queue().drained())
      for (std::string& frame : take()) all.push_back(std::move(frame));
    return all;
  }

  ServerOptions options;
  std::unique_ptr<FrameServer> server;

 private:
  fs::path folder_;
};

TEST_F(Servers, ReceiveFromAUnixSocket) {
  options.end_after = 1;
  start();
  Sender sender = Sender::to_unix(path());
  sender.greet();
  sender.frame("one");
  EXPECT_THAT(take(), ElementsAre("one"));
  sender.frame("two");
  sender.leave();
  EXPECT_THAT(take_all(), ElementsAre("two"));
  ServerCounts counts = server->counts();
  EXPECT_EQ(counts.frames, 2u);
  EXPECT_EQ(counts.bytes, 6u);
  EXPECT_EQ(counts.dropped, 0u);
  EXPECT_EQ(counts.connections, 1u);
  EXPECT_EQ(counts.finished, 1u);
  EXPECT_EQ(counts.open, 0u);
  EXPECT_EQ(counts.senders[0].frames, 2u);
}

TEST_F(Servers, ReceiveFromTcpAndFromManyAtOnce) {
  options.tcp = "127.0.0.1:0";
  options.end_after = 3;
  start();
  Sender a = Sender::to_unix(path());
  Sender b = Sender::to_tcp(server->tcp_port());
  Sender c = Sender::to_tcp(server->tcp_port());
  a.greet();
  b.greet();
  c.control(ControlType::start);  // unidirectional
  for (int i = 0; i < 100; ++i) {
    a.frame("a");
    b.frame("bb");
    c.frame("ccc");
  }
  a.leave();
  b.leave();
  c.control(ControlType::stop);
  EXPECT_EQ(take_all().size(), 300u);
  EXPECT_EQ(server->counts().finished, 3u);
  EXPECT_EQ(server->counts().bytes, 600u);
}

TEST_F(Servers, DropWhatFindsNoRoomAndCountIt) {
  options.queue_bytes = 2 * FrameQueue::chunk_bytes;
  options.end_after = 1;
  start();
  Sender sender = Sender::to_unix(path());
  sender.greet();
  // Four times what fits; the sender is never held up.
  const std::string frame(64 * 1024, 'x');
  for (int i = 0; i < 16; ++i) sender.frame(frame);
  sender.leave();
  std::size_t taken = take_all().size();
  ServerCounts counts = server->counts();
  EXPECT_EQ(counts.frames, 16u);
  // As many as fit, or one less: a frame may begin a chunk that it does not fill.
  EXPECT_GE(taken, 3u);
  EXPECT_LE(taken, 4u);
  EXPECT_EQ(counts.dropped, 16u - taken);
  EXPECT_EQ(counts.senders[0].dropped, 16u - taken);
}

TEST_F(Servers, HoldSendersUpIfTheyAreTold) {
  options.queue_bytes = 2 * FrameQueue::chunk_bytes;
  options.block = true;
  options.end_after = 1;
  start();
  std::thread sending([&] {
    Sender sender = Sender::to_unix(path());
    sender.greet();
    const std::string frame(64 * 1024, 'x');
    for (int i = 0; i < 64; ++i) sender.frame(frame);
    sender.leave();
  });
  EXPECT_EQ(take_all().size(), 64u);
  sending.join();
  EXPECT_EQ(server->counts().dropped, 0u);
}

TEST_F(Servers, TakeAFrameThatIsLongerThanTheQueue) {
  options.queue_bytes = 1;
  options.end_after = 1;
  start();
  std::thread sending([&] {
    Sender sender = Sender::to_unix(path());
    sender.greet();
    sender.frame(std::string(frame_bytes_max, 'x'));
    sender.leave();
  });
  auto frames = take_all();
  sending.join();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].size(), frame_bytes_max);
}

TEST_F(Servers, CountConnectionsThatEndTheWrongWay) {
  options.end_after = 2;
  start();
  Sender other = Sender::to_unix(path());
  other.send({'G', 'E', 'T', ' ', '/', '\r', '\n'});
  other.expect_end();
  Sender foreign = Sender::to_unix(path());
  foreign.control(ControlType::ready, "test:hello");
  foreign.expect_end();
  Sender cut = Sender::to_unix(path());
  cut.greet();
  cut.frame("whole");
  cut.send({0, 0, 0, 9, 'p', 'a', 'r', 't'});
  cut.close();
  Sender late = Sender::to_unix(path());
  late.greet();
  late.send({0xff, 0xff, 0xff, 0xff});
  late.expect_end();
  EXPECT_THAT(take_all(), ElementsAre("whole"));
  ServerCounts counts = server->counts();
  auto faults = [&](ReceiveFault fault) { return counts.faults[static_cast<std::size_t>(fault)]; };
  EXPECT_EQ(faults(ReceiveFault::no_handshake), 1u);
  EXPECT_EQ(faults(ReceiveFault::content_type), 1u);
  EXPECT_EQ(faults(ReceiveFault::frame_too_long), 1u);
  EXPECT_EQ(counts.lost, 1u);
  EXPECT_EQ(counts.cut_frames, 1u);
  EXPECT_EQ(counts.connections, 4u);
}

TEST_F(Servers, EndHandshakesThatDoNotComeToAnEnd) {
  options.handshake_timeout = 0;
  start();
  Sender silent = Sender::to_unix(path());
  silent.expect_end();
  server->stop();
  EXPECT_EQ(server->counts().handshake_timeouts, 1u);
}

TEST_F(Servers, RefuseMoreThanTheyAreToHave) {
  options.connections_max = 1;
  start();
  Sender first = Sender::to_unix(path());
  first.greet();
  Sender second = Sender::to_unix(path());
  second.expect_end();
  first.leave();
  server->stop();
  EXPECT_EQ(server->counts().refused, 1u);
  EXPECT_EQ(server->counts().connections, 1u);
}

TEST_F(Servers, RemoveTheSocketOfADeadProcessAndTheirOwn) {
  {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::string at = path();
    std::copy(at.begin(), at.end(), address.sun_path);
    Descriptor dead(socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(fs::exists(path()));
  options.unix_socket.mode = 0600;
  start();
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(refusal(), HasSubstr("another program listens there"));
  server.reset();
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(Servers, RefuseWhatIsNoPlaceToListen) {
  std::ofstream(path()) << "a file";
  EXPECT_THAT(refusal(), HasSubstr("is there and no socket"));
  options.unix_socket.path = std::string(200, 'x');
  EXPECT_THAT(refusal(), HasSubstr("at most 107 bytes"));
  options.unix_socket.path.clear();
  options.tcp = "nowhere.invalid.:x";
  EXPECT_THAT(refusal(), HasSubstr("is no address to listen at"));
  options.tcp = "127.0.0.1:0";
  options.tls.certificate = "/nothing.pem";
  EXPECT_THAT(refusal(), HasSubstr("/nothing.pem: is no certificate"));
}

TEST(FrameQueueTest, KeepsToItsLimit) {
  FrameQueue queue(2 * FrameQueue::chunk_bytes);
  const Bytes frame(FrameQueue::chunk_bytes, 1);
  EXPECT_TRUE(queue.put(frame));
  EXPECT_TRUE(queue.put(frame));
  EXPECT_FALSE(queue.put(frame));
  EXPECT_FALSE(queue.wait_for_room(0));
  queue.publish();
  EXPECT_EQ(queue.waiting(), 2u);
  EXPECT_NE(queue.take(0), nullptr);
  EXPECT_TRUE(queue.wait_for_room(0));
  EXPECT_TRUE(queue.put(frame));
  EXPECT_FALSE(queue.drained());
  queue.finish();
  EXPECT_NE(queue.take(0), nullptr);
  EXPECT_NE(queue.take(0), nullptr);
  EXPECT_EQ(queue.take(0), nullptr);
  EXPECT_TRUE(queue.drained());
}

}  // namespace
}  // namespace dnstorm::capture::dnstap
