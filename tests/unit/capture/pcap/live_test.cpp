// Live capture on the loopback interface, where the test may (root or CAP_NET_RAW), and filters.
#include "capture/pcap/live.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <set>
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
  void send_to(const Sender& other, std::string_view text) {
    sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&other.address_),
           sizeof other.address_);
  }

 private:
  int socket_;
  sockaddr_in address_{};
};

Result<std::unique_ptr<LiveCapture>> open_loopback(const std::string& filter) {
  return LiveCapture::open({.interfaces = {"lo"}, .filter = filter});
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
        [&](const Packet& packet, std::size_t) {
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
  // What passes before the filter is in place counts, too: other tests use this interface.
  EXPECT_GE(drops->at(0).received, 200u) << "sent and received";
  EXPECT_EQ(drops->at(0).dropped_kernel, 0u);
}

TEST(LiveCapture, NoMorePacketsThanAskedForAreHandedOut) {
  Sender sender;
  OPEN_OR_SKIP(capture, "udp dst port " + std::to_string(sender.port()));
  for (int i = 0; i < 10; ++i) sender.send("hello");
  std::uint64_t packets = 0;
  for (int i = 0; i < patience && packets < 10; ++i) {
    auto polled = (*capture)->poll([](const Packet&, std::size_t) {}, 3);
    ASSERT_TRUE(polled.ok());
    EXPECT_LE(*polled, 3u);
    packets += *polled;
  }
  EXPECT_EQ(packets, 10u);
}

TEST(LiveCapture, MembersOfAGroupShareThePacketsByFlow) {
  Sender receiver;
  auto group = std::make_shared<FanoutGroup>(2);
  std::unique_ptr<LiveCapture> members[2];
  for (auto& member : members) {
    auto capture = LiveCapture::open({.interfaces = {"lo"},
                                      .filter = "udp dst port " + std::to_string(receiver.port()),
                                      .fanout = group});
    if (!capture.ok() && capture.error().kind == ErrorKind::permission)
      GTEST_SKIP() << capture.error().what;
    ASSERT_TRUE(capture.ok()) << capture.error().what;
    member = std::move(*capture);
  }
  while (SystemClock().wall_ns() < group->begin())
    ASSERT_TRUE(members[0]->poll([](const Packet&, std::size_t) {}, 1).ok());
  constexpr int flows = 64, rounds = 5;
  std::vector<std::unique_ptr<Sender>> senders;
  for (int i = 0; i < flows; ++i) senders.push_back(std::make_unique<Sender>());
  for (int i = 0; i < rounds; ++i)
    for (auto& sender : senders) sender->send_to(receiver, "hello");
  std::map<int, std::map<std::size_t, int>> seen;  // by flow: packets by member
  int packets = 0;
  for (int turns = 0; turns < patience && packets < flows * rounds; ++turns)
    for (std::size_t m = 0; m < 2; ++m)
      ASSERT_TRUE(members[m]
                      ->poll(
                          [&](const Packet& packet, std::size_t) {
                            packet::Datagram datagram;
                            packet::decode(packet.link, packet.bytes, packet.original_length,
                                           datagram);
                            ++seen[datagram.src_port][m];
                            ++packets;
                          },
                          1000)
                      .ok());
  EXPECT_EQ(packets, flows * rounds) << "each packet once";
  std::set<std::size_t> used;
  for (const auto& [flow, by_member] : seen) {
    EXPECT_EQ(by_member.size(), 1u) << "a flow stays with its member";
    used.insert(by_member.begin()->first);
  }
  EXPECT_EQ(used.size(), 2u);
}

TEST(LiveCapture, BreakLoopEndsAWaitingPoll) {
  auto capture =
      LiveCapture::open({.interfaces = {"lo"}, .filter = "udp port 1", .timeout_ms = 600'000});
  if (!capture.ok() && capture.error().kind == ErrorKind::permission)
    GTEST_SKIP() << capture.error().what;
  ASSERT_TRUE(capture.ok()) << capture.error().what;
  std::thread breaker([&] { (*capture)->break_loop(); });
  auto polled = (*capture)->poll([](const Packet&, std::size_t) {}, 100);
  breaker.join();
  ASSERT_TRUE(polled.ok());
  EXPECT_EQ(*polled, 0u);
}

TEST(LiveCapture, WrongInterfaceNamesThoseThatAre) {
  auto capture = LiveCapture::open({.interfaces = {"no-such-if"}});
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
