#include "capture/packet/fragments.hpp"

#include <gtest/gtest.h>

#include "engine/api/state.hpp"

namespace dnstorm::capture::packet {
namespace {

using Added = Fragments::Added;
using Bytes = std::vector<std::uint8_t>;

Bytes numbered(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

class Feed {
 public:
  explicit Feed(Fragments::Limits limits = {}) : fragments(limits) {}

  Added add(std::size_t from, std::size_t size, bool more, std::uint32_t id = 1) {
    Datagram d;
    d.reset();
    d.src.bytes[15] = 1;
    d.dst.bytes[15] = 2;
    d.v6 = v6;
    d.protocol = from == 0 ? 17 : later_protocol;
    d.ttl = 61;
    d.payload = std::span(data).subspan(from, size);
    d.fragment = {id, static_cast<std::uint16_t>(from), more, cut};
    Added added = fragments.add(0, d, now, whole);
    protocol = d.protocol;
    return added;
  }
  Bytes got() const { return {whole.begin(), whole.end()}; }

  Fragments fragments;
  Bytes data = numbered(65535);
  std::span<const std::uint8_t> whole;
  TimeNs now = ns_per_s;
  bool v6 = false, cut = false;
  std::uint8_t protocol = 0, later_protocol = 17;
};

TEST(Fragments, PutsAPacketTogetherInAnyOrder) {
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    Feed feed;
    for (std::size_t i = 0; i < 4; ++i) {
      std::size_t n = order[i];
      Added added = feed.add(n * 1480, n == 3 ? 100 : 1480, n != 3);
      ASSERT_EQ(added, i == 3 ? Added::complete : Added::kept);
    }
    ASSERT_EQ(feed.got(), Bytes(feed.data.begin(), feed.data.begin() + 3 * 1480 + 100));
    ASSERT_EQ(feed.fragments.open(), 0u);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Fragments, HasTheProtocolOfTheFirstFragment) {
  Feed feed;
  feed.v6 = true;
  feed.later_protocol = 60;
  feed.add(800, 100, false);
  EXPECT_EQ(feed.add(0, 800, true), Added::complete);
  EXPECT_EQ(feed.protocol, 17);
}

TEST(Fragments, KeepsPacketsApartById) {
  Feed feed;
  feed.add(0, 800, true, 1);
  EXPECT_EQ(feed.add(800, 8, false, 2), Added::kept);
  EXPECT_EQ(feed.add(800, 8, false, 1), Added::complete);
}

TEST(Fragments, IgnoresARepetition) {
  Feed feed;
  feed.add(0, 1480, true);
  EXPECT_EQ(feed.add(0, 1480, true), Added::duplicate);
  EXPECT_EQ(feed.add(1480, 20, false), Added::complete);
}

TEST(Fragments, GivesUpAPacketWithOverlappingFragments) {
  Feed feed;
  feed.add(0, 1480, true);
  EXPECT_EQ(feed.add(1472, 80, false), Added::overlap);
  EXPECT_EQ(feed.add(1480, 20, false), Added::overlap);  // too late
  EXPECT_EQ(feed.fragments.counts().completed, 0u);
}

TEST(Fragments, GivesUpAPacketWithTwoEnds) {
  Feed feed;
  feed.add(800, 80, false);
  EXPECT_EQ(feed.add(1600, 80, false), Added::overlap);
  feed.add(1600, 80, true, 2);
  EXPECT_EQ(feed.add(800, 80, false, 2), Added::overlap);
}

TEST(Fragments, RefusesWhatNoPacketCanHave) {
  Feed feed;
  EXPECT_EQ(feed.add(0, 13, true), Added::impossible);
  EXPECT_EQ(feed.add(8, 0, false), Added::impossible);
  feed.data.resize(70000);
  EXPECT_EQ(feed.add(65528, 16, false), Added::impossible);
  EXPECT_EQ(feed.fragments.open(), 0u);
}

TEST(Fragments, GivesUpAPacketThatTheSnapLengthCut) {
  Feed feed;
  feed.add(0, 800, true);
  feed.cut = true;
  EXPECT_EQ(feed.add(800, 8, true), Added::cut);
  feed.cut = false;
  EXPECT_EQ(feed.add(1600, 8, false), Added::overlap);
}

TEST(Fragments, ForgetsWhatWaitsTooLong) {
  Feed feed;
  feed.add(0, 800, true);
  feed.now += 31 * ns_per_s;
  feed.fragments.expire(feed.now);
  EXPECT_EQ(feed.fragments.open(), 0u);
  EXPECT_EQ(feed.fragments.counts().expired, 1u);
  feed.add(0, 800, true, 2);
  feed.now += 31 * ns_per_s;
  EXPECT_EQ(feed.add(800, 8, false, 2), Added::kept);  // of another packet
  EXPECT_EQ(feed.fragments.counts().expired, 2u);
}

TEST(Fragments, GoesOnFromWhatItSaved) {
  Feed before;
  before.add(0, 1480, true);
  before.add(2960, 40, false);
  StateWriter out;
  before.fragments.save_group(0, out);
  std::string saved = out.take();
  Feed after;
  StateReader in(saved);
  ASSERT_TRUE(after.fragments.restore_group(0, in));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(after.add(1480, 1480, true), Added::complete);
  EXPECT_EQ(after.got(), Bytes(after.data.begin(), after.data.begin() + 3000));
  for (std::size_t size = 0; size < saved.size(); ++size) {
    Feed broken;
    StateReader cut(std::string_view(saved).substr(0, size));
    ASSERT_FALSE(broken.fragments.restore_group(0, cut)) << size;
  }
}

TEST(Fragments, KeepsWithinItsMemoryUnderAFloodOfFirstFragments) {
  constexpr std::size_t limit = 4 << 20;
  Feed feed({.memory = limit});
  constexpr std::uint32_t flood = 1'000'000;
  for (std::uint32_t id = 0; id < flood; ++id) {
    feed.add(0, 1480, true, id);
    ASSERT_LE(feed.fragments.memory(), limit);
  }
  EXPECT_EQ(feed.fragments.counts().evicted + feed.fragments.open(), flood);
}

}  // namespace
}  // namespace dnstorm::capture::packet
