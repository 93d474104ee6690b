// Live capture on the loopback interface, where the test may (root or CAP_NET_RAW), and filters.
#include "capture/pcap/live.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "capture/pcap/filter.hpp"

namespace dnstorm::capture::pcap {
namespace {

using ::testing::HasSubstr;

constexpr int patience = 1000;  // polls; each ends with the first packet or after 10 ms

// A socket on the loopback interface that sends to a port of its own.
class Sender {
 public:
  Sender() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(socket_, reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    socklen_t size = sizeof address_;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender() { close(socket_); }

  int port() const { return ntohs(address_.sin_port); }
  void send(std::string_view text) {
    sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address_),
           sizeof address_);
  }

 private:
  int socket_;
  sockaddr_in address_{};
};

Result<std::unique_ptr<LiveCapture>> open_loopback(const std::string& filter) {
  return LiveCapture::open({.interface = "lo", .filter = filter});
}

#define OPEN_OR_SKIP(capture, filter)                                 \
  auto capture = open_loopback(filter);                               \
  if (!capture.ok() && capture.error().kind == ErrorKind::permission) \
    GTEST_SKIP() << capture.error().what;                             \
  ASSERT_TRUE(capture.ok()) << capture.error().what

TEST(LiveCapture, SentPacketsArriveAndAreCounted) {
  Sender sender;
  OPEN_OR_SKIP(capture, "udp dst port " + std::to_string(sender.port()));
  for (int i = 0; i < 100; ++i) sender.send("hello");
  std::uint64_t packets = 0;
  packet::Datagram datagram;
  for (int i = 0; i < patience && packets < 100; ++i) {
    auto polled = (*capture)->poll(
        [&](const Packet& packet) {
          ASSERT_EQ(packet::decode(packet.link, packet.bytes, packet.original_length, datagram),
                    packet::Verdict::udp);
          EXPECT_EQ(datagram.dst_port, sender.port());
          EXPECT_EQ(datagram.payload.size(), 5u);
          EXPECT_GT(packet.time, 1'600'000'000 * ns_per_s);
        },
        1000);
    ASSERT_TRUE(polled.ok()) << polled.error().what;
    packets += *polled;
  }
  EXPECT_EQ(packets, 100u);
  auto drops = (*capture)->drops();
  ASSERT_TRUE(drops.ok());
  EXPECT_EQ(drops->received, 200u) << "sent and received";
  EXPECT_EQ(drops->dropped_kernel, 0u);
}

TEST(LiveCapture, NoMorePacketsThanAskedForAreHandedOut) {
  Sender sender;
  OPEN_OR_SKIP(capture, "udp dst port " + std::to_string(sender.port()));
  for (int i = 0; i < 10; ++i) sender.send("hello");
  std::uint64_t packets = 0;
  for (int i = 0; i < patience && packets < 10; ++i) {
    auto polled = (*capture)->poll([](const Packet&) {}, 3);
    ASSERT_TRUE(polled.ok());
    EXPECT_LE(*polled, 3u);
    packets += *polled;
  }
  EXPECT_EQ(packets, 10u);
}

TEST(LiveCapture, BreakLoopEndsAWaitingPoll) {
  auto capture =
      LiveCapture::open({.interface = "lo", .filter = "udp port 1", .timeout_ms = 600'000});
  if (!capture.ok() && capture.error().kind == ErrorKind::permission)
    GTEST_SKIP() << capture.error().what;
  ASSERT_TRUE(capture.ok()) << capture.error().what;
  std::thread breaker([&] { (*capture)->break_loop(); });
  auto polled = (*capture)->poll([](const Packet&) {}, 100);
  breaker.join();
  ASSERT_TRUE(polled.ok());
  EXPECT_EQ(*polled, 0u);
}

TEST(LiveCapture, WrongInterfaceNamesThoseThatAre) {
  auto capture = LiveCapture::open({.interface = "no-such-if"});
  ASSERT_FALSE(capture.ok());
  if (capture.error().kind == ErrorKind::permission) GTEST_SKIP() << capture.error().what;
  EXPECT_EQ(capture.error().kind, ErrorKind::no_input);
  EXPECT_THAT(capture.error().what, HasSubstr("no-such-if: no such interface; there are: "));
  EXPECT_THAT(capture.error().what, HasSubstr("lo"));
}

TEST(LiveCapture, WrongFilterIsToldInOneLine) {
  auto capture = open_loopback("port dns or");
  ASSERT_FALSE(capture.ok());
  if (capture.error().kind == ErrorKind::permission) GTEST_SKIP() << capture.error().what;
  EXPECT_EQ(capture.error().kind, ErrorKind::usage);
  EXPECT_THAT(capture.error().what, HasSubstr("filter \"port dns or\" does not work on lo"));
}

Packet udp_packet(std::span<const std::uint8_t> bytes) {
  return {0, packet::LinkType::raw, static_cast<std::uint32_t>(bytes.size()), bytes};
}

TEST(BpfFilter, LetsMatchingPacketsPass) {
  std::uint8_t ip[29] = {0x45, 0,   0, 29, 0, 0,    0, 0, 64, 17, 0, 0, 192, 0,  2,
                         1,    192, 0, 2,  2, 0x10, 0, 0, 53, 0,  9, 0, 0,   'x'};
  auto dns = BpfFilter::compile("udp port 53", packet::LinkType::raw);
  auto host = BpfFilter::compile("src host 192.0.2.9", packet::LinkType::raw);
  ASSERT_TRUE(dns.ok() && host.ok());
  EXPECT_TRUE(dns->matches(udp_packet(ip)));
  EXPECT_FALSE(host->matches(udp_packet(ip)));
  EXPECT_FALSE(dns->matches(udp_packet(std::span(ip).first(10)))) << "too short to tell";
}

TEST(BpfFilter, WrongExpressionIsAUsageError) {
  auto filter = BpfFilter::compile("prt 53", packet::LinkType::ethernet);
  ASSERT_FALSE(filter.ok());
  EXPECT_EQ(filter.error().kind, ErrorKind::usage);
  EXPECT_THAT(filter.error().what, HasSubstr("filter \"prt 53\" does not work on ethernet: "));
}

}  // namespace
}  // namespace dnstorm::capture::pcap
