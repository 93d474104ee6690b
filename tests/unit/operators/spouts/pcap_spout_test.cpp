#include "operators/spouts/pcap_spout.hpp"

#include <filesystem>

#include "operators/spouts/event_clock.hpp"
#include "operators/spouts/replay_clock.hpp"
#include "tests/unit/operators/spouts/pcap_task.hpp"

namespace dnstorm::operators {
namespace {

namespace fs = std::filesystem;
using testing::declare_error;

TEST(EventClock, trails_the_newest_packet_by_the_disorder) {
  EventClock clock(10);
  EXPECT_EQ(clock.watermark(), time_min);
  EXPECT_EQ(clock.admit(100), 100);
  EXPECT_EQ(clock.watermark(), 90);
  EXPECT_EQ(clock.admit(95), 95);
  EXPECT_EQ(clock.watermark(), 90);
  EXPECT_EQ(clock.moved(), 0u);
}

TEST(EventClock, moves_what_is_older_than_the_disorder_and_counts_it) {
  EventClock clock(10);
  clock.admit(100);
  EXPECT_EQ(clock.admit(50), 90);
  EXPECT_EQ(clock.moved(), 1u);
  EXPECT_EQ(clock.watermark(), 90);
}

TEST(EventClock, advances_with_a_silent_source) {
  EventClock clock(10);
  clock.admit(100);
  clock.idle_until(500);
  EXPECT_EQ(clock.watermark(), 490);
  clock.idle_until(400);
  EXPECT_EQ(clock.watermark(), 490);
}

TEST(ReplayClock, reads_its_speed) {
  EXPECT_FALSE(ReplayClock::parse("max")->paced());
  EXPECT_TRUE(ReplayClock::parse("1x")->paced());
  EXPECT_TRUE(ReplayClock::parse("0.5x")->paced());
  for (const char* wrong : {"", "x", "1", "0x", "-1x", "fast", "1xx"})
    EXPECT_FALSE(ReplayClock::parse(wrong)) << wrong;
}

TEST(ReplayClock, a_packet_is_due_when_its_share_of_time_has_passed) {
  ReplayClock clock = *ReplayClock::parse("10x");
  clock.start(1000, 0);
  EXPECT_EQ(clock.until(1000, 0), 0);
  EXPECT_EQ(clock.until(1500, 0), 50);
  EXPECT_EQ(clock.until(1500, 50), 0);
  EXPECT_EQ(clock.event_now(30), 1300);
}

using testing::SpoutTask;
using PcapSpout = testing::CaptureFolder;

TEST_F(PcapSpout, merges_files_by_time) {
  SpoutTask task({{"file", {capture("a.pcap", {1000, 3000}), capture("b.pcap.gz", {2000})}}});
  ASSERT_TRUE(task.run().ok());
  EXPECT_THAT(task.times, ::testing::ElementsAre(ns_per_s, 2 * ns_per_s, 3 * ns_per_s));
  EXPECT_EQ(task.counter("captured"), 3u);
  EXPECT_EQ(task.counter("captured_bytes"), 180u);
  EXPECT_EQ(task.counter("first_packet_ns"), static_cast<std::uint64_t>(ns_per_s));
  EXPECT_EQ(task.counter("last_packet_ns"), static_cast<std::uint64_t>(3 * ns_per_s));
  EXPECT_EQ(task.watermarks.back(), 2 * ns_per_s);
}

TEST_F(PcapSpout, reads_files_one_after_the_other_if_asked_to) {
  SpoutTask task({{"file", {capture("a.pcap", {1000, 3000}), capture("b.pcap", {2900})}},
                  {"order", {"files"}}});
  ASSERT_TRUE(task.run().ok());
  EXPECT_THAT(task.times, ::testing::ElementsAre(ns_per_s, 3 * ns_per_s, 2900 * ns_per_ms));
}

TEST_F(PcapSpout, goes_on_in_each_merged_file_where_it_stood) {
  testing::TextOptions options = {
      {"file",
       {capture("a.pcap", {1, 4, 5, 9}), capture("b.pcap", {2, 3, 4}), capture("c.pcap", {10})}}};
  SpoutTask whole(options);
  ASSERT_TRUE(whole.run().ok());
  ASSERT_EQ(whole.times.size(), 8u);
  EXPECT_TRUE(std::ranges::is_sorted(whole.times));
  SpoutTask paced({{"file", options.at("file")}, {"speed", {"1x"}}});
  ASSERT_TRUE(paced.step().ok());  // the first packet, and the second is at hand
  ASSERT_EQ(paced.times.size(), 1u);
  SpoutTask resumed(options);
  ASSERT_TRUE(resumed.run(paced.save()).ok());
  EXPECT_EQ(resumed.times, std::vector<TimeNs>(whole.times.begin() + 1, whole.times.end()));
  EXPECT_EQ(resumed.counter("captured"), 8u);
}

TEST_F(PcapSpout, a_checkpoint_of_other_files_is_refused) {
  SpoutTask two(
      {{"file", {capture("a.pcap", {1, 1, 5000}), capture("b.pcap", {9000})}}, {"speed", {"1x"}}});
  ASSERT_TRUE(two.step().ok());
  ASSERT_EQ(two.times.size(), 2u);
  SpoutTask one({{"file", {capture("a.pcap", {1, 2})}}});
  auto refused = one.run(two.save());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::data);
  SpoutTask shorter({{"file", {capture("c.pcap", {1}), capture("d.pcap", {3})}}});
  EXPECT_FALSE(shorter.run(two.save()).ok());
}

TEST_F(PcapSpout, counts_what_lies_outside_the_times) {
  SpoutTask task({{"file", {capture("a.pcap", {1000, 2000, 3000, 4000})}},
                  {"from", {"2"}},
                  {"to", {"1970-01-01T00:00:04Z"}}});
  ASSERT_TRUE(task.run().ok());
  EXPECT_THAT(task.times, ::testing::ElementsAre(2 * ns_per_s, 3 * ns_per_s));
  EXPECT_EQ(task.counter("captured"), 4u);
  EXPECT_EQ(task.counter("filtered.time"), 2u);
}

TEST_F(PcapSpout, takes_the_files_of_a_watched_folder_as_they_are_completed) {
  fs::create_directories(folder_ / "in");
  capture("in/a.pcap", {1});
  capture("in/b.pcap.tmp", {2});
  SpoutTask task({{"watch", {(folder_ / "in").string()}}});
  auto until = [&](std::size_t packets) {
    for (int turns = 0; turns < 1000 && task.times.size() < packets; ++turns)
      EXPECT_TRUE(task.step().ok());
    return task.times.size();
  };
  EXPECT_EQ(until(1), 1u);
  fs::rename(folder_ / "in/b.pcap.tmp", folder_ / "in/b.pcap");
  EXPECT_EQ(until(2), 2u);
  capture("in/c.pcap", {3, 4});
  EXPECT_EQ(until(4), 4u);
  std::string saved = task.save();
  capture("in/d.pcap", {5});
  SpoutTask resumed({{"watch", {(folder_ / "in").string()}}});
  ASSERT_TRUE(resumed.step(saved).ok());
  for (int turns = 0; turns < 1000 && resumed.times.empty(); ++turns)
    EXPECT_TRUE(resumed.step().ok());
  EXPECT_THAT(resumed.times, ::testing::ElementsAre(5 * ns_per_ms));
}

TEST_F(PcapSpout, knows_a_watched_file_again_that_was_renamed_before_it_resumed) {
  fs::create_directories(folder_ / "in");
  capture("in/a.pcap", {1});
  capture("in/b.pcap", {2, 3});
  capture("in/gone.pcap", {4});
  SpoutTask task({{"watch", {(folder_ / "in").string()}}});
  for (int turns = 0; turns < 1000 && task.times.size() < 4; ++turns) ASSERT_TRUE(task.step().ok());
  std::string saved = task.save();
  // As rotation does it, and a new file under the old name.
  fs::rename(folder_ / "in/b.pcap", folder_ / "in/b.pcap.1");
  fs::rename(folder_ / "in/a.pcap", folder_ / "in/b.pcap");
  fs::remove(folder_ / "in/gone.pcap");
  capture("in/a.pcap", {7});
  SpoutTask resumed({{"watch", {(folder_ / "in").string()}}});
  ASSERT_TRUE(resumed.step(saved).ok());
  for (int turns = 0; turns < 1000 && resumed.times.empty(); ++turns)
    ASSERT_TRUE(resumed.step().ok());
  for (int turns = 0; turns < 10; ++turns) ASSERT_TRUE(resumed.step().ok());
  EXPECT_THAT(resumed.times, ::testing::ElementsAre(7 * ns_per_ms));
}

TEST_F(PcapSpout, counts_what_the_filter_keeps_out) {
  SpoutTask task({{"file", {capture("a.pcap", {1, 2, 3})}}, {"filter", {"udp port 53"}}});
  ASSERT_TRUE(task.run().ok());
  EXPECT_TRUE(task.times.empty());
  EXPECT_EQ(task.counter("captured"), 3u);
  EXPECT_EQ(task.counter("filtered.bpf"), 3u);
}

TEST_F(PcapSpout, counts_what_came_before_a_cut) {
  std::string path = capture("a.pcap", {1, 2, 3});
  fs::resize_file(path, fs::file_size(path) - 1);
  SpoutTask task({{"file", {path}}});
  auto result = task.run();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::data);
  EXPECT_EQ(task.times.size(), 2u);
  EXPECT_EQ(task.counter("captured"), 2u);
}

TEST_F(PcapSpout, a_file_that_is_missing_is_told_when_it_is_opened) {
  SpoutTask task({{"file", {(folder_ / "nothing.pcap").string()}}});
  auto result = task.run();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::no_input);
}

TEST(PcapOptions, either_a_file_or_an_interface) {
  EXPECT_EQ(declare_error(pcap_operator(), {}, {}), "needs one of `file`, `watch` and `interface`");
  EXPECT_EQ(declare_error(pcap_operator(), {{"file", {"a"}}, {"interface", {"eth0"}}}, {}),
            "needs one of `file`, `watch` and `interface`");
  EXPECT_EQ(declare_error(pcap_operator(), {{"file", {"a"}}, {"speed", {"fast"}}}, {}),
            "option 'speed' is max, 1x, 10x ..., not 'fast'");
  EXPECT_EQ(declare_error(pcap_operator(), {{"file", {"a"}}, {"from", {"9"}}, {"to", {"8"}}}, {}),
            "option 'from' is a time before 'to'");
  EXPECT_THAT(declare_error(pcap_operator(), {{"file", {"a"}}, {"from", {"noon"}}}, {}),
              ::testing::HasSubstr("not 'noon'"));
}

TEST(PcapOptions, a_live_source_is_restorable_with_a_spool) {
  auto restorable = [](const testing::TextOptions& options) {
    return testing::declare(pcap_operator(), options, {}).value().restorable;
  };
  EXPECT_FALSE(restorable({{"interface", {"eth0", "eth1"}}}));
  EXPECT_TRUE(restorable({{"interface", {"eth0"}}, {"spool", {"/var/spool/x"}}}));
  EXPECT_THAT(declare_error(pcap_operator(), {{"interface", {"a", "a"}}}, {}),
              ::testing::HasSubstr("'a' twice"));
}

}  // namespace
}  // namespace dnstorm::operators
