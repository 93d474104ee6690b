// `pcap` with folders: a data lake as its source.
#include <algorithm>
#include <filesystem>

#include "tests/unit/operators/spouts/pcap_task.hpp"

namespace dnstorm::operators {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::SpoutTask;

class PcapFolder : public testing::CaptureFolder {
 protected:
  std::vector<TimeNs> ms(std::vector<int> times) {
    std::vector<TimeNs> all;
    for (int time : times) all.push_back(time * ns_per_ms);
    return all;
  }
  // Three servers, two files each, and what does not belong there.
  void fill() {
    capture("lake/a/1.pcap", {1, 4, 9});
    capture("lake/a/2.pcap.gz", {10, 13});
    capture("lake/b/1.pcap.zst", {2, 3, 11});
    capture("lake/b/x/2.pcap", {12, 15});
    capture("lake/c/9.pcap", {5});
    capture("lake/c/0.pcap", {14});
    capture("lake/c/1.pcap.tmp", {7});
  }
  std::string lake() { return folder_ / "lake"; }
  const std::vector<int> all_ = {1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15};
};

TEST_F(PcapFolder, merges_the_files_of_a_folder_by_time) {
  fill();
  for (const char* readers : {"0", "1", "3"}) {
    SpoutTask task({{"file", {lake()}}, {"readers", {readers}}});
    ASSERT_TRUE(task.run().ok());
    EXPECT_EQ(task.times, ms(all_));
    EXPECT_EQ(task.counter("files_total"), 6u);
    EXPECT_EQ(task.counter("files_done"), 6u);
    EXPECT_EQ(task.counter("files_damaged"), 0u);
    EXPECT_EQ(task.counter("file_bytes_read"), task.counter("file_bytes_total"));
  }
}

TEST_F(PcapFolder, a_pattern_chooses_and_what_is_named_twice_is_read_once) {
  fill();
  SpoutTask some({{"file", {lake()}}, {"pattern", {"[ab]/1.*"}}});
  ASSERT_TRUE(some.run().ok());
  EXPECT_EQ(some.times, ms({1, 2, 3, 4, 9, 11}));
  SpoutTask twice({{"file", {lake() + "/c/9.pcap", lake() + "/c", lake() + "/c"}}});
  ASSERT_TRUE(twice.run().ok());
  EXPECT_EQ(twice.times, ms({5, 14}));
  SpoutTask none({{"file", {lake()}}, {"pattern", {"*.fstrm"}}});
  auto refused = none.run();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().what, lake() + ": has no files that match '*.fstrm'");
}

TEST_F(PcapFolder, goes_on_in_the_middle_of_it) {
  fill();
  for (const char* readers : {"0", "2"}) {
    testing::TextOptions options = {{"file", {lake()}}, {"readers", {readers}}};
    SpoutTask paced({{"file", {lake()}}, {"readers", {readers}}, {"speed", {"1x"}}});
    ASSERT_TRUE(paced.step().ok());  // the first packet, and the second is at hand
    ASSERT_EQ(paced.times, ms({1}));
    SpoutTask resumed(options);
    ASSERT_TRUE(resumed.run(paced.save()).ok());
    EXPECT_EQ(resumed.times, ms({all_.begin() + 1, all_.end()}));
    EXPECT_EQ(resumed.counter("captured"), all_.size());
    EXPECT_EQ(resumed.counter("files_done"), 6u);
  }
}

TEST_F(PcapFolder, what_comes_after_the_time_wanted_is_not_read) {
  fill();
  capture("lake/d/late.pcap", {5000, 6000, 7000});
  capture("lake/d/later.pcap", {9000});
  SpoutTask task({{"file", {lake()}}, {"to", {"0.010"}}, {"max_disorder", {"4s"}}});
  ASSERT_TRUE(task.run().ok());
  EXPECT_EQ(task.times, ms({1, 2, 3, 4, 5, 9}));
  EXPECT_EQ(task.counter("filtered.time"), 6u) << "within the disorder it is looked at";
  EXPECT_EQ(task.counter("captured"), 12u);
}

TEST_F(PcapFolder, files_that_have_come_since_a_checkpoint_are_read_too) {
  fill();
  SpoutTask paced({{"file", {lake()}}, {"speed", {"1x"}}});
  ASSERT_TRUE(paced.step().ok());
  std::string saved = paced.save();
  capture("lake/a/0.pcap", {20});
  capture("lake/d.pcap", {6});
  SpoutTask resumed({{"file", {lake()}}});
  ASSERT_TRUE(resumed.run(saved).ok());
  EXPECT_EQ(resumed.times, ms({2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 20}));
}

TEST_F(PcapFolder, files_that_are_gone_since_a_checkpoint_are_told) {
  fill();
  SpoutTask paced({{"file", {lake()}}, {"speed", {"1x"}}});
  ASSERT_TRUE(paced.step().ok());
  std::string saved = paced.save();
  fs::remove(lake() + "/c/0.pcap");
  SpoutTask stopped({{"file", {lake()}}});
  auto refused = stopped.run(saved);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("1 files are gone since the checkpoint"));
  SpoutTask left({{"file", {lake()}}, {"damaged", {"leave"}}});
  ASSERT_TRUE(left.run(saved).ok());
  EXPECT_EQ(left.counter("files_damaged"), 1u);
  EXPECT_EQ(left.times, ms({2, 3, 4, 5, 9, 10, 11, 12, 13, 15}));
  fs::remove(lake() + "/a/1.pcap");  // the first packet was its
  SpoutTask begun({{"file", {lake()}}, {"damaged", {"leave"}}});
  auto cut = begun.run(saved);
  ASSERT_FALSE(cut.ok());
  EXPECT_THAT(cut.error().what, HasSubstr("a/1.pcap: is gone"));
}

TEST_F(PcapFolder, a_damaged_file_stops_it_or_is_named_counted_and_left) {
  fill();
  std::string cut = lake() + "/b/x/2.pcap";
  fs::resize_file(cut, fs::file_size(cut) - 1);
  temporary_.write("lake/README", std::vector<std::uint8_t>(100, 'x'));
  SpoutTask stopped({{"file", {lake()}}});
  auto refused = stopped.run();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::data);
  EXPECT_THAT(refused.error().what, HasSubstr("README: is a text file"));
  for (const char* readers : {"0", "2"}) {
    SpoutTask left({{"file", {lake()}}, {"damaged", {"leave"}}, {"readers", {readers}}});
    ::testing::internal::CaptureStderr();
    ASSERT_TRUE(left.run().ok());
    std::string told = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("left: " + lake() + "/README: is a text file"));
    EXPECT_THAT(told, HasSubstr("left: " + cut + ": cut off in packet 2"));
    EXPECT_EQ(left.times, ms({1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14}));
    EXPECT_EQ(left.counter("files_damaged"), 2u);
    EXPECT_EQ(left.counter("files_done"), 7u);
    SpoutTask resumed({{"file", {lake()}}, {"damaged", {"leave"}}});
    ASSERT_TRUE(resumed.run(left.save()).ok());
    EXPECT_EQ(resumed.counter("files_damaged"), 2u) << "it is counted once";
    EXPECT_TRUE(resumed.times.empty());
  }
}

// What a line that gives no message counts as is the decoder's.
TEST_F(PcapFolder, lines_of_json_are_a_file_like_others) {
  capture("lake/a.pcap", {2, 5});
  std::string lines =
      R"({"time_ns":1000000,"src":"192.0.2.1","dst":"192.0.2.2","wire":"AAEAAAAAAAAAAAAA"})"
      "\n"
      R"({"time_ns":3000000,"src":"192.0.2.1","dst":"192.0.2.2","qr":false,"id":7,"qname":"a."})"
      "\nnonsense\n\n"
      R"({"time_ns":4000000,"src":"192.0.2.1","dst":"192.0.2.2","wire":"AAEAAAAAAAAAAAAA"})";
  temporary_.write("lake/b.json",
                   {reinterpret_cast<const std::uint8_t*>(lines.data()), lines.size()});
  for (const char* readers : {"0", "2"}) {
    SpoutTask task({{"file", {lake()}}, {"readers", {readers}}});
    ASSERT_TRUE(task.run().ok());
    EXPECT_EQ(task.times, ms({1, 2, 3, 3, 4, 5}));
    EXPECT_THAT(task.links, ElementsAre(link_cdns, 1, link_cdns, link_bad_line, link_cdns, 1));
    SpoutTask paced({{"file", {lake()}}, {"readers", {readers}}, {"speed", {"1x"}}});
    ASSERT_TRUE(paced.step().ok());
    SpoutTask resumed({{"file", {lake()}}});
    ASSERT_TRUE(resumed.run(paced.save()).ok());
    EXPECT_EQ(resumed.times, ms({2, 3, 3, 4, 5}));
  }
}

TEST_F(PcapFolder, json_that_is_no_message_is_no_packet_file) {
  std::string object = "{\n  \"packets\": 3\n}\n";
  temporary_.write("truth.json",
                   {reinterpret_cast<const std::uint8_t*>(object.data()), object.size()});
  SpoutTask task({{"file", {folder_ / "truth.json"}}});
  auto refused = task.run();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("is a text file, not a packet capture"));
}

}  // namespace
}  // namespace dnstorm::operators
