#include "cli/event_packets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/dns/codes.hpp"
#include "capture/dns/writer.hpp"
#include "capture/pcap/reader.hpp"
#include "capture/pcap/writer.hpp"
#include "capture/spool/spool.hpp"
#include "capture/synth/frame.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace dns = capture::dns;
namespace pcap = capture::pcap;
namespace synth = capture::synth;

constexpr TimeNs start = 1'767'225'600 * ns_per_s;

synth::Frame query(const std::string& name) {
  dns::MessageWriter writer;
  synth::Frame frame;
  synth::build_udp({*parse_ip("192.0.2.77"), *parse_ip("198.51.100.53"), 4711, 53, 64},
                   writer.begin(7, dns::MessageWriter::rd).question(name, dns::type::a).finish(),
                   frame);
  return frame;
}

LoggedEvent event_about(const std::string& kind, const std::string& key, TimeNs begin, TimeNs end) {
  LoggedEvent event;
  event.id = "7";
  event.detector = "tunnel";
  event.key_kind = kind;
  event.key = key;
  event.start = begin;
  event.end = end;
  return event;
}

// A packet a second for two minutes, every other one for the tunnel.
class EventPacketsOf : public ::testing::Test {
 protected:
  static constexpr int seconds = 120;
  static std::string name_of(int second) {
    return second % 2 == 0 ? "x" + std::to_string(second) + ".t.example" : "www.example.net";
  }
  EventSources capture() {
    auto writer = pcap::Writer::open(folder_.path_of("all.pcap")).value();
    for (int i = 0; i < seconds; ++i)
      EXPECT_TRUE(writer->write(start + i * ns_per_s, query(name_of(i))).ok());
    EXPECT_TRUE(writer->close().ok());
    EventSources sources;
    sources.captures = {folder_.path_of("all.pcap")};
    return sources;
  }
  // `size`: fills up packets, so that a ring of a MiB loses the first ones.
  EventSources spool(std::size_t size = 0) {
    auto spool =
        capture::spool::Spool::open({folder_.path_of("spool/task-0"), {1U << 20U, 0}, {"a"}})
            .value();
    for (int i = 0; i < seconds; ++i) {
      synth::Frame frame = query(name_of(i));
      frame.resize(std::max(frame.size(), size));
      spool->append({start + i * ns_per_s, capture::packet::LinkType::ethernet,
                     static_cast<std::uint32_t>(frame.size()), frame, nullptr},
                    0);
      spool->flush();
    }
    spool->close();
    EventSources sources;
    sources.spools = {folder_.path_of("spool")};
    return sources;
  }
  std::vector<int> seconds_in(const std::string& bytes) {
    folder_.write("got.pcap", {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    auto reader = pcap::FileReader::open(folder_.path_of("got.pcap")).value();
    std::vector<int> all;
    pcap::Packet packet;
    while (reader->next(packet) == pcap::Read::packet)
      all.push_back(static_cast<int>((packet.time - start) / ns_per_s));
    return all;
  }
  testing::TemporaryFolder folder_;
};

TEST_F(EventPacketsOf, ACaptureAreThoseOfItsKeyWithAMargin) {
  auto found = packets_of(
      event_about("domain", "t.example", start + 50 * ns_per_s, start + 55 * ns_per_s), capture());
  ASSERT_TRUE(found.ok()) << found.error().what;
  EXPECT_THAT(seconds_in(found->pcap),
              ElementsAre(40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62, 64));
  EXPECT_EQ(found->packets, 13u);
  EXPECT_FALSE(found->cut);
}

TEST_F(EventPacketsOf, ASpoolToo) {
  auto found =
      packets_of(event_about("domain client", "t.example 192.0.2.77", start, start), spool());
  ASSERT_TRUE(found.ok()) << found.error().what;
  EXPECT_THAT(seconds_in(found->pcap), ElementsAre(0, 2, 4, 6, 8));
}

TEST_F(EventPacketsOf, ALimitIsTold) {
  const LoggedEvent all = event_about("domain", "t.example", start, start + seconds * ns_per_s);
  auto found = packets_of(all, capture(), {.output_bytes = 250, .read_bytes = 0});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->cut);
  EXPECT_THAT(seconds_in(found->pcap), ElementsAre(0, 2, 4));
}

TEST_F(EventPacketsOf, WhatIsGoneIsSaid) {
  auto found = packets_of(event_about("domain", "t.example", start, start), spool(60'000));
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::no_input);
  EXPECT_THAT(found.error().what, HasSubstr("are gone: what is kept begins at 2026-01-01T00:0"));
}

TEST_F(EventPacketsOf, NothingIsKept) {
  auto found = packets_of(event_about("domain", "t.example", start, start), {});
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().what, HasSubstr("this run keeps no packets"));
}

TEST_F(EventPacketsOf, NoneIsLikeThat) {
  auto found = packets_of(event_about("domain", "other.example", start, start), capture());
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().what, HasSubstr("none of the 120 packets"));
}

TEST(PacketsCommand, IsOfOneEventAndSafeInAShell) {
  const LoggedEvent event =
      event_about("domain client", "t.example 192.0.2.77", start, start + 60 * ns_per_s);
  EXPECT_EQ(packets_command(event, "/var/spool/dnstorm"),
            "dnstorm spool extract --dir /var/spool/dnstorm --from 2025-12-31T23:59:50Z --to "
            "2026-01-01T00:01:10Z --match 'name=t.example, client=192.0.2.77' -o tunnel-7.pcap");
  const LoggedEvent hostile = event_about("domain", "a';rm\x01-rf", start, start);
  EXPECT_THAT(packets_command(hostile, "two words"),
              ::testing::AllOf(HasSubstr("--dir 'two words' "),
                               HasSubstr("--match $'name=a\\';rm\\x01-rf' ")));
  EXPECT_THAT(packets_command(event_about("country", "DE", start, start), "/s"),
              ::testing::Not(HasSubstr("--match")));
}

}  // namespace
}  // namespace dnstorm::cli
