#include "operators/sinks/influx_writer.hpp"

#include "tests/unit/operators/sinks/influx_fakes.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/operators/sinks/sink_lines.hpp"
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

using testing::lines;

class InfluxDelivery : public ::testing::Test {
 protected:
  InfluxWriter& writer() {
    if (!writer_) {
      InfluxTarget target;
      target.url = "http://h:8086";
      target.database = "dns";
      auto keep_note = [this](const std::string& text) { notes.push_back(text); };
      spool = LineSpool::open(spool_settings, keep_note).value();
      writer_ = std::make_unique<InfluxWriter>(settings, target, server, *used_pause, *spool,
                                               InfluxCounters(counters_), keep_note);
    }
    return *writer_;
  }
  void drop_writer() { writer_.reset(); }
  std::uint64_t counter(std::string_view name) { return counters_.counter(name).value(); }
  template <class Done>
  static void wait_until(Done done) {
    while (!done()) std::this_thread::yield();
  }
  // What the spool holds; after finish() only.
  std::string kept() const {
    std::string out;
    for (; auto chunk = spool->take(); spool->done()) out += chunk->text;
    return out;
  }

  TemporaryFolder folder;
  LineSpoolSettings spool_settings{.folder = folder.path_of("spool")};
  std::unique_ptr<LineSpool> spool;
  InfluxWriterSettings settings;
  ScriptedServer server;
  JumpingPause pause;
  Pause* used_pause = &pause;
  std::vector<std::string> notes;

 private:
  CounterSet counters_;
  std::unique_ptr<InfluxWriter> writer_;
};

TEST_F(InfluxDelivery, delivers_everything_at_the_end) {
  writer().push(lines(0, 3));
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_THAT(server.bodies, ElementsAre(lines(0, 3).text));
  EXPECT_EQ(counter("points_written"), 3);
  EXPECT_TRUE(spool->empty());
  EXPECT_EQ(counter("points_spooled"), 0);
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
  wait_until([&] { return counter("points_written") != 0; });
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
  EXPECT_THAT(notes,
              ElementsAre(HasSubstr("takes no points for database 'dns' now (connection refused)"),
                          HasSubstr("answers again")));
}

TEST_F(InfluxDelivery, waits_as_long_as_the_server_asks) {
  server.script.push_back({.status = 429, .retry_after = 40 * ns_per_s});
  writer().push(lines(0, 1));
  wait_until([&] { return counter("points_written") != 0; });
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_THAT(pause.jumps, ElementsAre(40 * ns_per_s));
}

// ----------------------------------------------------------------------------

TEST_F(InfluxDelivery, puts_what_cannot_be_delivered_into_the_spool_at_once) {
  server.always = no_answer();
  settings.batch_points = 3;
  writer().push(lines(0, 3));
  wait_until([&] { return counter("spool_points") == 3; });
  writer().push(lines(3, 6));
  writer().push(lines(6, 7));
  wait_until([&] { return counter("spool_points") == 7; });
  EXPECT_THAT(writer().waiting(), IsEmpty());
  EXPECT_TRUE(writer().sync().ok());
  EXPECT_EQ(counter("spool_bytes"), spool->bytes());
  EXPECT_EQ(counter("points_spooled"), 7);
  drop_writer();
  EXPECT_EQ(kept(), lines(0, 7).text);
}

TEST_F(InfluxDelivery, drains_the_spool_in_order_before_newer_points) {
  std::atomic<bool> is_there{false};
  std::string taken;
  server.answer = [&](const std::string& body) {
    if (!is_there) return no_answer();
    taken += body;
    return with_status(204);
  };
  settings.batch_points = 10;
  for (int i = 0; i < 100; i += 10) writer().push(lines(i, i + 10));
  wait_until([&] { return counter("spool_points") == 100; });
  is_there = true;
  for (int i = 100; i < 300; i += 10) writer().push(lines(i, i + 10));
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_EQ(taken, lines(0, 300).text);
  EXPECT_EQ(counter("points_written"), 300);
  EXPECT_EQ(counter("points_drained"), counter("points_spooled"));
  EXPECT_GE(counter("points_drained"), 100);
  EXPECT_EQ(counter("spool_points"), 0);
  EXPECT_EQ(counter("spool_bytes"), 0);
}

TEST_F(InfluxDelivery, keeps_in_the_spool_what_it_cannot_deliver_in_time) {
  server.script.push_back(with_status(204));
  server.always = no_answer();
  settings.batch_points = 3;
  writer().push(lines(0, 3));
  writer().push(lines(3, 6));
  writer().push(lines(6, 7));
  auto done = writer().finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(done.error().what,
            "influx: 4 points could not be delivered to http://h:8086 (connection refused); they "
            "are in " +
                spool->folder() + ": the next run of this topology delivers them first");
  EXPECT_EQ(kept(), lines(3, 7).text);
  EXPECT_EQ(counter("points_written"), 3);
  EXPECT_EQ(counter("spool_points"), 4);
}

TEST_F(InfluxDelivery, delivers_first_what_an_earlier_run_left) {
  server.always = no_answer();
  writer().push(lines(0, 4));
  EXPECT_FALSE(writer().finish().ok());
  drop_writer();
  spool.reset();
  server.bodies.clear();
  server.always = with_status(204);
  notes.clear();
  writer().push(lines(4, 6));
  EXPECT_TRUE(writer().finish().ok());
  std::string all;
  for (const std::string& body : server.bodies) all += body;
  EXPECT_EQ(all, lines(0, 6).text);
  EXPECT_THAT(notes, ElementsAre(HasSubstr("4 points of an earlier run wait in")));
}

TEST_F(InfluxDelivery, holds_the_topology_up_while_the_queue_is_full) {
  SystemPause real;
  used_pause = &real;
  settings.queue_points = 4;
  server.answer = [&](const std::string&) {
    // The first answer comes only when push() has been seen to wait.
    wait_until([&] { return counter("queue_full") != 0; });
    return with_status(204);
  };
  for (int i = 0; i < 20; i += 2) writer().push(lines(i, i + 2));
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_GE(counter("queue_full"), 1);
  EXPECT_EQ(counter("points_written"), 20);
  drop_writer();
}

TEST_F(InfluxDelivery, goes_on_through_the_spool_when_patience_is_at_an_end) {
  settings.queue_points = 4;
  settings.patience = 10 * ns_per_s;
  settings.batch_points = 2;
  std::atomic<bool> may_answer{false};
  std::string taken;
  server.answer = [&](const std::string& body) {
    wait_until([&] { return may_answer.load(); });
    taken += body;
    return with_status(204);
  };
  // The server is at the first chunk all the while: nothing but the spool takes the others.
  for (int i = 0; i < 40; i += 2) writer().push(lines(i, i + 2));
  EXPECT_GE(counter("points_spooled"), 36);
  may_answer = true;
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_EQ(taken, lines(0, 40).text);
  EXPECT_EQ(counter("points_written"), 40);
  EXPECT_EQ(counter("queue_full"), 1);
}

TEST_F(InfluxDelivery, bounds_the_queue_in_bytes_too) {
  settings.queue_bytes = lines(0, 1).bytes();
  settings.patience = 0;
  server.always = no_answer();
  for (int i = 1; i < 5; ++i) writer().push(lines(i, i + 1));
  EXPECT_FALSE(writer().finish().ok());
  EXPECT_EQ(kept(), lines(1, 5).text);
}

TEST_F(InfluxDelivery, accounts_for_every_point_when_the_spool_is_full) {
  spool_settings.bytes_max = 1 << 20;
  server.always = no_answer();
  settings.batch_points = 1000;
  std::uint64_t pushed = 0;
  for (int i = 0; i < 100; ++i, pushed += 1000) writer().push(lines(i * 1000, i * 1000 + 1000));
  auto done = writer().finish();
  EXPECT_EQ(done.error().kind, ErrorKind::io);
  EXPECT_THAT(done.error().what,
              HasSubstr("points are lost: http://h:8086 did not take them (connection refused), "
                        "nor could the spool " +
                        spool->folder() + " keep them (full or damaged)"));
  EXPECT_GT(counter("points_dropped"), 0);
  EXPECT_EQ(counter("points_dropped") + counter("spool_points"), pushed);
}

TEST_F(InfluxDelivery, holds_points_in_memory_while_the_disk_takes_none) {
  server.always = no_answer();
  settings.queue_points = 10;
  settings.batch_points = 2;
  writer();
  std::filesystem::remove_all(spool->folder());
  for (int i = 0; i < 10; i += 2) writer().push(lines(i, i + 2));
  wait_until([&] { return counter("retries") > 3; });
  std::string waiting;
  for (const LineChunk& chunk : writer().waiting()) waiting += chunk.text;
  EXPECT_EQ(waiting, lines(0, 10).text);
  writer().push(lines(10, 12));  // one too many, for the queue as well
  EXPECT_GE(counter("points_dropped"), 2);
  auto done = writer().finish();
  EXPECT_EQ(counter("points_dropped"), 12);
  EXPECT_EQ(done.error().kind, ErrorKind::io);
  EXPECT_THAT(done.error().what, HasSubstr("No such file or directory"));
  EXPECT_THAT(notes, ::testing::Contains(HasSubstr("the spool takes no points now")));
}

TEST_F(InfluxDelivery, lists_bad_points_and_writes_the_others) {
  std::string bad = lines(1, 2).text;
  server.answer = [&](const std::string& body) {
    if (body.find(bad) == std::string::npos) return with_status(204);
    return with_status(400, R"({"error":"partial write: field type conflict: x dropped=1"})");
  };
  writer().push(lines(0, 5));
  auto done = writer().finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::data);
  EXPECT_EQ(done.error().what,
            "influx: http://h:8086 refused 1 points: field type conflict: x; they are listed in " +
                spool->folder() + "/rejected.lp");
  EXPECT_EQ(counter("points_written"), 4);
  EXPECT_EQ(counter("points_rejected"), 1);
  EXPECT_EQ(counter("rejected_type_conflict"), 1);
  EXPECT_EQ(counter("rejected_other"), 0);
  EXPECT_EQ(notes.size(), 1);
  EXPECT_EQ(folder.read("spool/rejected.lp"), "# field type conflict: x\n" + bad);
}

TEST_F(InfluxDelivery, counts_a_chunk_once_though_the_server_goes_away_in_the_middle) {
  std::string bad = lines(3, 4).text;
  int requests = 0;
  server.answer = [&](const std::string& body) {
    if (++requests == 5) return no_answer();
    if (body.find(bad) == std::string::npos) return with_status(204);
    return with_status(400, "odd");
  };
  writer().push(lines(0, 8));
  EXPECT_FALSE(writer().finish().ok());
  EXPECT_EQ(counter("points_written"), 7);
  EXPECT_EQ(counter("points_rejected"), 1);
  EXPECT_EQ(folder.read("spool/rejected.lp"), "# odd\n" + bad);
}

TEST_F(InfluxDelivery, asks_a_server_again_that_did_not_let_it_write) {
  std::atomic<bool> read_only{true};
  server.answer = [&](const std::string&) {
    return read_only ? with_status(403, R"({"error":"read only"})") : with_status(204);
  };
  writer().push(lines(0, 2));
  wait_until([&] { return counter("spool_points") == 2; });
  read_only = false;
  wait_until([&] { return counter("points_written") == 2; });
  EXPECT_TRUE(writer().finish().ok());
  EXPECT_THAT(notes, ElementsAre(HasSubstr("takes no points for database 'dns' now (read only "
                                           "(HTTP 403)); they wait in " +
                                           spool->folder()),
                                 HasSubstr("answers again")));
}

TEST_F(InfluxDelivery, does_not_wait_at_the_end_for_a_server_that_does_not_know_us) {
  server.always = with_status(401, R"({"error":"authorization failed"})");
  settings.drain_timeout = 1'000'000 * ns_per_s;
  SystemPause real;
  used_pause = &real;
  writer().push(lines(0, 4));
  auto done = writer().finish();
  EXPECT_THAT(
      done.error().what,
      HasSubstr(
          "4 points could not be delivered to http://h:8086 (authorization failed (HTTP 401))"));
  EXPECT_LE(server.bodies.size(), 2);
  EXPECT_EQ(kept(), lines(0, 4).text);
  drop_writer();
}

TEST_F(InfluxDelivery, loses_nothing_when_it_is_dropped) {
  server.always = no_answer();
  writer().push(lines(0, 4));
  drop_writer();
  EXPECT_EQ(kept(), lines(0, 4).text);
}

}  // namespace
}  // namespace dnstorm::operators
