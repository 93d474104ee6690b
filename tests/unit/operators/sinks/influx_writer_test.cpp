#include "operators/sinks/influx_writer.hpp"

#include <fstream>
#include <sstream>

#include "tests/unit/operators/sinks/influx_fakes.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JumpingPause;
using testing::no_answer;
using testing::ScriptedServer;
using testing::with_status;

LineChunk lines(int from, int to) {
  LineChunk chunk;
  for (int i = from; i < to; ++i) {
    Point point;
    point.series = "m";
    point.time = i;
    point.fields = {{"text", std::string("line\nend")}};
    chunk.add(point);
  }
  return chunk;
}

class InfluxDelivery : public ::testing::Test {
 protected:
  InfluxWriter& writer() {
    if (!writer_) {
      InfluxTarget target;
      target.url = "http://h:8086";
      target.database = "dns";
      InfluxCounters made{counters_.counter("written"), counters_.counter("rejected"),
                          counters_.counter("retries"), counters_.counter("undelivered"),
                          counters_.counter("queue_full")};
      writer_ = std::make_unique<InfluxWriter>(
          settings, target, server, *used_pause, file, made,
          [this](const std::string& text) { notes.push_back(text); });
    }
    return *writer_;
  }
  void drop_writer() { writer_.reset(); }
  std::uint64_t counter(std::string_view name) { return counters_.counter(name).value(); }
  std::string kept() const {
    std::ifstream in(file.path());
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  TemporaryFolder folder;
  testing::StillClock clock;
  InfluxWriterSettings settings;
  ScriptedServer server;
  JumpingPause pause;
  Pause* used_pause = &pause;
  UndeliveredFile file{folder.path().string(), "test", clock};
  std::vector<std::string> notes;

 private:
  CounterSet counters_;
  std::unique_ptr<InfluxWriter> writer_;
};

TEST_F(InfluxDelivery, delivers_everything_at_the_end) {
  writer().push(lines(0, 3));
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_THAT(server.bodies, ElementsAre(lines(0, 3).text));
  EXPECT_EQ(counter("written"), 3);
  EXPECT_EQ(file.path(), "");
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(InfluxDelivery, joins_small_chunks_while_a_request_is_under_way) {
  settings.batch_points = 10;
  std::atomic<bool> may_answer{false};
  server.answer = [&](const std::string&) {
    while (!may_answer) std::this_thread::yield();
    return with_status(204);
  };
  writer().push(lines(0, 10));
  for (int i = 10; i < 30; i += 2) writer().push(lines(i, i + 2));
  may_answer = true;
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_THAT(server.bodies,
              ElementsAre(lines(0, 10).text, lines(10, 20).text, lines(20, 30).text));
}

TEST_F(InfluxDelivery, tries_again_with_growing_pauses) {
  for (int i = 0; i < 10; ++i) server.script.push_back(i % 2 == 0 ? no_answer() : with_status(503));
  writer().push(lines(0, 3));
  // finish() would cut a pause short.
  while (counter("written") == 0) std::this_thread::yield();
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_EQ(server.bodies.size(), 11);
  EXPECT_THAT(server.bodies, ::testing::Each(lines(0, 3).text));
  EXPECT_EQ(counter("retries"), 10);
  ASSERT_EQ(pause.jumps.size(), 10);
  DurationNs longest = 200 * ns_per_ms;
  for (DurationNs jump : pause.jumps) {
    EXPECT_GE(jump, longest / 2);
    EXPECT_LE(jump, longest);
    longest = std::min(longest * 2, 15 * ns_per_s);
  }
  EXPECT_THAT(notes, ElementsAre(HasSubstr("takes no points now (connection refused)"),
                                 HasSubstr("answers again")));
}

TEST_F(InfluxDelivery, waits_as_long_as_the_server_asks) {
  server.script.push_back({.status = 429, .retry_after = 40 * ns_per_s});
  writer().push(lines(0, 1));
  while (counter("written") == 0) std::this_thread::yield();
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_THAT(pause.jumps, ElementsAre(40 * ns_per_s));
}

TEST_F(InfluxDelivery, keeps_in_a_file_what_it_cannot_deliver_in_time) {
  server.script.push_back(with_status(204));
  server.always = no_answer();
  settings.batch_points = 3;
  settings.patience = 1'000'000 * ns_per_s;
  writer().push(lines(0, 3));
  writer().push(lines(3, 6));
  writer().push(lines(6, 7));
  auto done = writer().finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(file.path(), folder.path_of("dnstorm-undelivered-test-19700101T000000Z.lp"));
  EXPECT_EQ(done.error().what,
            "influx: 4 points could not be delivered to http://h:8086 (connection refused); they "
            "are in " +
                file.path() + ": deliver them with curl --data-binary @" + file.path() +
                " 'http://h:8086/write?db=dns&precision=ns'");
  EXPECT_EQ(kept(), lines(3, 7).text);
  EXPECT_EQ(counter("written"), 3);
  EXPECT_EQ(counter("undelivered"), 4);
}

TEST_F(InfluxDelivery, holds_the_topology_up_while_the_queue_is_full) {
  SystemPause real;
  used_pause = &real;
  settings.queue_points = 4;
  server.answer = [&](const std::string&) {
    // The first answer comes only when push() has been seen to wait.
    while (counter("queue_full") == 0) std::this_thread::yield();
    return with_status(204);
  };
  for (int i = 0; i < 20; i += 2) writer().push(lines(i, i + 2));
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_GE(counter("queue_full"), 1);
  EXPECT_EQ(counter("written"), 20);
  drop_writer();
}

TEST_F(InfluxDelivery, lets_the_topology_go_on_when_patience_is_at_an_end) {
  settings.queue_points = 4;
  settings.patience = 10 * ns_per_s;
  settings.batch_points = 2;
  server.always = no_answer();
  for (int i = 0; i < 40; i += 2) writer().push(lines(i, i + 2));
  EXPECT_GE(counter("undelivered"), 34);
  EXPECT_FALSE(writer().finish().ok());
  EXPECT_EQ(counter("undelivered"), 40);
  EXPECT_EQ(kept().size(), lines(0, 40).text.size());
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("go to " + file.path())));
}

TEST_F(InfluxDelivery, bounds_the_queue_in_bytes_too) {
  settings.queue_bytes = lines(0, 1).bytes();
  settings.patience = 0;
  server.always = no_answer();
  for (int i = 1; i < 5; ++i) writer().push(lines(i, i + 1));
  EXPECT_FALSE(writer().finish().ok());
  EXPECT_GE(counter("queue_full"), 3);
  EXPECT_EQ(counter("undelivered"), 4);
}

TEST_F(InfluxDelivery, counts_bad_points_and_never_sends_the_good_ones_again) {
  server.script.push_back(
      with_status(400, R"({"error":"partial write: field type conflict: x dropped=2"})"));
  writer().push(lines(0, 5));
  auto done = writer().finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::data);
  EXPECT_EQ(
      done.error().what,
      "influx: http://h:8086 refused 2 points: partial write: field type conflict: x dropped=2");
  EXPECT_EQ(server.bodies.size(), 1);
  EXPECT_EQ(counter("written"), 3);
  EXPECT_EQ(counter("rejected"), 2);
  EXPECT_EQ(notes.size(), 1);
}

TEST_F(InfluxDelivery, splits_what_is_too_large) {
  server.answer = [](const std::string& body) {
    return with_status(std::count(body.begin(), body.end(), 'm') > 2 ? 413 : 204);
  };
  writer().push(lines(0, 5));
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_EQ(counter("written"), 5);
  EXPECT_THAT(server.bodies, ElementsAre(lines(0, 5).text, lines(0, 2).text, lines(2, 5).text,
                                         lines(2, 3).text, lines(3, 5).text));
}

TEST_F(InfluxDelivery, finds_the_one_line_that_spoils_the_rest) {
  std::string bad = lines(3, 4).text;
  server.answer = [&](const std::string& body) {
    if (body.find(bad) == std::string::npos) return with_status(204);
    return with_status(400, R"({"code":"invalid","message":"unable to parse 'm': bad"})");
  };
  writer().push(lines(0, 8));
  EXPECT_FALSE(writer().finish().ok());
  EXPECT_EQ(counter("written"), 7);
  EXPECT_EQ(counter("rejected"), 1);
}

TEST_F(InfluxDelivery, stops_asking_a_server_that_does_not_know_us) {
  server.always = with_status(401, R"({"error":"authorization failed"})");
  writer().push(lines(0, 2));
  while (counter("undelivered") == 0) std::this_thread::yield();
  writer().push(lines(2, 4));
  auto done = writer().finish();
  EXPECT_THAT(
      done.error().what,
      HasSubstr(
          "4 points could not be delivered to http://h:8086 (authorization failed (HTTP 401))"));
  EXPECT_EQ(server.bodies.size(), 1);
  EXPECT_EQ(kept(), lines(0, 4).text);
}

TEST_F(InfluxDelivery, keeps_a_body_that_is_refused_as_a_whole) {
  server.script.push_back(with_status(400, R"({"error":"unexpected EOF"})"));
  settings.batch_points = 2;
  writer().push(lines(0, 2));
  while (counter("undelivered") == 0) std::this_thread::yield();
  writer().push(lines(2, 4));
  EXPECT_THAT(writer().finish().error().what, HasSubstr("(unexpected EOF)"));
  EXPECT_EQ(kept(), lines(0, 2).text);
  EXPECT_EQ(counter("written"), 2);
}

TEST_F(InfluxDelivery, loses_nothing_when_it_is_dropped) {
  server.always = no_answer();
  settings.patience = 1'000'000 * ns_per_s;
  writer().push(lines(0, 4));
  drop_writer();
  EXPECT_EQ(kept(), lines(0, 4).text);
}

TEST_F(InfluxDelivery, says_so_when_the_disk_does_not_take_them_either) {
  UndeliveredFile nowhere("/nowhere", "test", clock);
  EXPECT_FALSE(nowhere.check().ok());
  EXPECT_FALSE(nowhere.append("x\n"));
  EXPECT_THAT(nowhere.failure(), HasSubstr("No such file or directory"));
}

TEST_F(InfluxDelivery, never_writes_over_a_file) {
  UndeliveredFile first(folder.path().string(), "a/b", clock);
  UndeliveredFile second(folder.path().string(), "a/b", clock);
  ASSERT_TRUE(first.append("1\n"));
  ASSERT_TRUE(second.append("2\n"));
  EXPECT_EQ(first.path(), folder.path_of("dnstorm-undelivered-a_b-19700101T000000Z.lp"));
  EXPECT_EQ(second.path(), folder.path_of("dnstorm-undelivered-a_b-19700101T000000Z-2.lp"));
}

}  // namespace
}  // namespace dnstorm::operators
