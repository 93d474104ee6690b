#include "cluster/model/report.hpp"

#include <gtest/gtest.h>

#include "cluster/model/codec.hpp"

namespace dnstorm::cluster {
namespace {

TEST(WorkerReports, tell_whether_all_rows_have_arrived) {
  WorkerReport ams;
  WorkerReport fra;
  ams.rows = {{0, 2, true, 100}, {1, 2, true, 50}, {3, 0, false, 7}};
  fra.rows = {{0, 2, false, 100}, {1, 2, false, 50}, {3, 0, true, 7}};
  EXPECT_EQ(torn_edge({ams, fra}), "");
  fra.rows[1].rows = 49;
  EXPECT_EQ(torn_edge({ams, fra}), "task 1 has sent 50 rows to task 2, which has received 49");
  fra.rows.erase(fra.rows.begin() + 1);
  EXPECT_EQ(torn_edge({ams, fra}), "task 1 has sent 50 rows to task 2, which has received 0");
}

TEST(WorkerReports, carry_their_rows) {
  WorkerReport report;
  report.topology = "dns-1-1";
  report.state = WorkerState::finished;
  report.rows = {{0, 2, true, 100}};
  EXPECT_EQ(worker_report_from_json(to_json(report)).value(), report);
}

TEST(Messages, carry_the_order_of_a_tap) {
  TapOrder order{"17-1", "dns-1-1", "decode:queries->names", "qtype == AAAA", 100};
  std::string bytes = encode(order);
  EXPECT_EQ(std::get<TapOrder>(decode(bytes).value()), order);
  EXPECT_FALSE(decode("T{\"rate\":\"much\"}").ok());
}

TEST(Messages, carry_what_is_muted) {
  MuteOrder order{"dns-1-1", {"never * example.com", "2026-12-01 tunnel *"}};
  EXPECT_EQ(std::get<MuteOrder>(decode(encode(order)).value()), order);
  EXPECT_FALSE(decode("M{\"rules\":7}").ok());
}

TEST(Messages, carry_what_a_board_shows) {
  FeedNews news{"n1", "dns-1-1", 2, 17, 16, 3, 4, 5, std::string("\x00\xff{", 3)};
  std::string bytes = encode(news);
  EXPECT_EQ(std::get<FeedNews>(decode(bytes).value()), news);
  EXPECT_FALSE(decode("F00000002{").ok());
  EXPECT_FALSE(decode("F00000010{\"sequence\":\"x\"}").ok());
  FeedAck ack{"dns-1-1", 2, 17};
  EXPECT_EQ(std::get<FeedAck>(decode(encode(ack)).value()), ack);
}

}  // namespace
}  // namespace dnstorm::cluster
