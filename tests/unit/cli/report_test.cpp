#include "cli/report.hpp"

#include <gtest/gtest.h>

#include "cli/accounting.hpp"
#include "cli/progress.hpp"

namespace dnstorm::cli {
namespace {

TEST(Report, quantiles_are_bounds_of_buckets) {
  Report report;
  report.response_times_us = {{10, 50}, {100, 40}, {1000, 9}, {5000, 1}};
  EXPECT_EQ(response_time_us(report, 0.5), 10u);
  EXPECT_EQ(response_time_us(report, 0.9), 100u);
  EXPECT_EQ(response_time_us(report, 0.99), 1000u);
  EXPECT_EQ(response_time_us(report, 1.0), 5000u);
  EXPECT_EQ(response_time_us(Report{}, 0.5), 0u);
}

TEST(Report, an_empty_capture_has_a_page_too) {
  Report report;
  report.file = "x.pcap";
  EXPECT_EQ(report_text(report),
            "x.pcap\n  0 packets = 0 parsed + 0 malformed + 0 not DNS + 0 filtered\n\nMessages\n"
            "  0 = 0 queries + 0 responses\n"
            "  0 names, 0 clients; TCP 0, IPv6 0, EDNS 0, DO 0, client subnet 0, truncated 0\n");
}

TEST(Accounting, the_line_names_all_classes_and_what_was_lost) {
  board::Honesty honesty;
  honesty.captured = 1234567;
  honesty.parsed = 1234560;
  honesty.malformed = 7;
  EXPECT_EQ(summary_line(honesty),
            "1,234,567 packets = 1,234,560 parsed + 7 malformed + 0 not DNS + 0 filtered");
  honesty.dropped_kernel = 5;
  honesty.spool_unwritten = 3000;
  honesty.late = 2;
  honesty.folded = 4000;
  EXPECT_EQ(summary_line(honesty),
            "1,234,567 packets = 1,234,560 parsed + 7 malformed + 0 not DNS + 0 filtered; "
            "dropped before us: 5 by the kernel, 0 by the interface; "
            "3,000 not written to the spool; 2 rows too late for their window; "
            "4,000 points beyond series_max are in series named OTHER");
}

TEST(Progress, has_a_bar_as_long_as_its_share) {
  EXPECT_EQ(progress_bar(0), "[------------------------]");
  EXPECT_EQ(progress_bar(0.5), "[############------------]");
  EXPECT_EQ(progress_bar(0.999), "[#######################-]");
  EXPECT_EQ(progress_bar(1), "[########################]");
  EXPECT_EQ(progress_bar(7), "[########################]");
  EXPECT_EQ(progress_bar(-1), "[------------------------]");
}

TEST(Progress, outside_a_terminal_is_a_line_each_interval_of_a_replay) {
  ProgressLines lines;
  EXPECT_FALSE(lines.due(5 * ns_per_s, 0.1)) << "the first look begins the interval";
  EXPECT_FALSE(lines.due(14 * ns_per_s, 0.2));
  EXPECT_TRUE(lines.due(15 * ns_per_s, 0.3));
  EXPECT_FALSE(lines.due(16 * ns_per_s, 0.3));
  EXPECT_FALSE(lines.due(30 * ns_per_s, 0)) << "no replay, whose end is not known";
  EXPECT_TRUE(lines.due(31 * ns_per_s, 0.5));
}

TEST(Progress, tells_packets_rate_share_and_time_left) {
  EXPECT_EQ(progress_text({.packets = 1500, .packets_per_second = 250}), "1500 packets, 250/s");
  ProgressState replay{.packets = 2'500'000,
                       .packets_per_second = 1.2e6,
                       .share = 0.25,
                       .seconds_left = 6,
                       .files = 1};
  EXPECT_EQ(progress_text(replay), "2.50 M packets, 1.20 M/s, 25 %, 6 s left");
  EXPECT_EQ(progress_text({.packets = 100, .share = 1}), "100 packets, 0/s, 100 %");
}

TEST(Progress, tells_how_many_of_several_files_are_done) {
  ProgressState lake{.packets = 2'500'000,
                     .packets_per_second = 1.2e6,
                     .share = 0.25,
                     .seconds_left = 6,
                     .files_done = 71,
                     .files = 288,
                     .bytes_per_second = 98.7e6};
  EXPECT_EQ(progress_text(lake),
            "2.50 M packets, 1.20 M/s, 71 of 288 files, 98.70 MB/s, 25 %, 6 s left");
}

}  // namespace
}  // namespace dnstorm::cli
