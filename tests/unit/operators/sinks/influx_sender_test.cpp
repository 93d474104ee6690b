#include "operators/sinks/influx_sender.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/operators/sinks/influx_fakes.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/operators/sinks/sink_lines.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::lines;
using testing::no_answer;
using testing::ScriptedServer;
using testing::with_status;
using End = Delivery::End;

// A server that holds some lines for bad, and what it has taken.
struct Picky {
  enum class Way { partial, all_or_nothing, names_them };

  explicit Picky(Way of, std::set<std::string> lines) : way(of), bad(std::move(lines)) {
    server.answer = [this](const std::string& body) { return answer(body); };
  }
  HttpAnswer answer(const std::string& body) {
    std::vector<std::string> refused;
    std::vector<std::string> good;
    std::vector<std::uint32_t> starts = line_starts(body);
    for (std::size_t i = 0; i < starts.size(); ++i) {
      std::size_t end = i + 1 < starts.size() ? starts[i + 1] : body.size();
      std::string line = body.substr(starts[i], end - starts[i]);
      (bad.contains(line) ? refused : good).push_back(line);
    }
    if (way == Way::partial || refused.empty()) taken.insert(good.begin(), good.end());
    if (refused.empty()) return with_status(204);
    nlohmann::json told;
    if (way == Way::partial)
      told["error"] = fmt::format(
          "partial write: field type conflict: input field \"text\" on measurement "
          "\"odd, name\" is type float, already exists as type integer dropped={}",
          refused.size());
    else if (way == Way::all_or_nothing)
      told["message"] = "no";
    else
      told["message"] =
          "unable to parse '" + refused.front().substr(0, refused.front().size() - 1) + "': bad";
    return with_status(400, told.dump());
  }

  Way way;
  std::set<std::string> bad;
  std::set<std::string> taken;
  ScriptedServer server;
};

Delivery deliver(HttpTransport& server, const LineChunk& chunk) {
  InfluxTarget target;
  target.url = "http://h:8086";
  target.database = "dns";
  return InfluxSender(target, server).deliver(chunk, [] { return true; });
}

std::string text(int from, int to) { return lines(from, to).text; }

TEST(InfluxSender, sends_a_chunk_at_once) {
  ScriptedServer server;
  Delivery done = deliver(server, lines(0, 3));
  EXPECT_EQ(done.end, End::settled);
  EXPECT_EQ(done.written, 3);
  EXPECT_THAT(server.bodies, ElementsAre(text(0, 3)));
}

TEST(InfluxSender, says_what_keeps_the_whole_chunk_back) {
  ScriptedServer server;
  server.script = {no_answer(), {.status = 429, .retry_after = 7}, with_status(403, "read only")};
  EXPECT_EQ(deliver(server, lines(0, 1)).reason, "connection refused");
  Delivery later = deliver(server, lines(0, 1));
  EXPECT_EQ(later.end, End::retry);
  EXPECT_EQ(later.retry_after, 7);
  Delivery not_allowed = deliver(server, lines(0, 1));
  EXPECT_EQ(not_allowed.end, End::stop);
  EXPECT_EQ(not_allowed.reason, "read only (HTTP 403)");
}

TEST(InfluxSender, asks_before_each_request_whether_to_go_on) {
  ScriptedServer server;
  server.always = with_status(413);
  InfluxSender sender({}, server);
  int asked = 0;
  EXPECT_EQ(sender.deliver(lines(0, 8), [&] { return ++asked < 3; }).end, End::broken_off);
  EXPECT_EQ(server.bodies.size(), 2);
}

TEST(InfluxSender, halves_what_is_too_large) {
  ScriptedServer server;
  server.answer = [](const std::string& body) {
    return with_status(line_starts(body).size() > 2 ? 413 : 204);
  };
  EXPECT_EQ(deliver(server, lines(0, 5)).written, 5);
  EXPECT_THAT(server.bodies,
              ElementsAre(text(0, 5), text(0, 2), text(2, 5), text(2, 3), text(3, 5)));
  server.answer = nullptr;
  server.always = with_status(413, R"({"error":"Request Entity Too Large"})");
  Delivery done = deliver(server, lines(0, 1));
  ASSERT_EQ(done.refused.size(), 1);
  EXPECT_EQ(done.refused[0].reason, "Request Entity Too Large");
}

TEST(InfluxSender, finds_the_refused_points_among_many) {
  for (auto way : {Picky::Way::partial, Picky::Way::all_or_nothing, Picky::Way::names_them}) {
    std::set<std::string> bad;
    for (int i : {0, 17, 18, 400, 999, 2500, 4999}) bad.insert(text(i, i + 1));
    Picky picky(way, bad);
    Delivery done = deliver(picky.server, lines(0, 5000));
    EXPECT_EQ(done.end, End::settled);
    EXPECT_EQ(done.written, 4993);
    EXPECT_EQ(picky.taken.size(), 4993);
    std::set<std::string> refused;
    for (const RefusedLine& line : done.refused) refused.insert(line.line);
    EXPECT_EQ(refused, bad);
    EXPECT_EQ(done.refused.size(), bad.size());
    EXPECT_LE(picky.server.bodies.size(), 2 * InfluxSender::searches_max);
  }
}

TEST(InfluxSender, needs_two_requests_more_for_a_measurement_that_is_refused_as_a_whole) {
  LineChunk chunk;
  std::set<std::string> bad;
  for (int i = 0; i < 1000; ++i) {
    chunk.append(lines(i, i + 1));
    chunk.append(lines(i, i + 1, "odd\\,\\ name"));
    bad.insert(lines(i, i + 1, "odd\\,\\ name").text);
  }
  Picky picky(Picky::Way::partial, bad);
  Delivery done = deliver(picky.server, chunk);
  EXPECT_EQ(picky.server.bodies.size(), 3);
  EXPECT_EQ(done.written, 1000);
  ASSERT_EQ(done.refused.size(), 1000);
  EXPECT_EQ(done.refused[0].line, *bad.begin());
  EXPECT_EQ(done.refused[0].reason,
            "field type conflict: input field \"text\" on measurement \"odd, name\" is type float, "
            "already exists as type integer");
}

TEST(InfluxSender, searches_no_longer_than_it_may) {
  std::set<std::string> bad;
  for (int i = 0; i < 5000; i += 2) bad.insert(text(i, i + 1));
  Picky picky(Picky::Way::all_or_nothing, bad);
  Delivery done = deliver(picky.server, lines(0, 5000));
  EXPECT_LE(picky.server.bodies.size(), 2 * InfluxSender::searches_max + 1);
  EXPECT_EQ(done.written + done.refused.size(), 5000);
  EXPECT_EQ(done.refused.back().reason.substr(0, 15), "one or more of ");
}

TEST(InfluxSender, believes_a_server_that_names_the_lines) {
  ScriptedServer server;
  server.script = {with_status(
      400,
      R"({"error":"partial write of line protocol occurred","data":[)"
      R"({"original_line":"m text=\"line\nend\" 1","line_number":2,"error_message":"odd"}]})")};
  Delivery done = deliver(server, lines(0, 4));
  EXPECT_EQ(server.bodies.size(), 1);
  EXPECT_EQ(done.written, 3);
  ASSERT_EQ(done.refused.size(), 1);
  EXPECT_EQ(done.refused[0].line, text(1, 2));
  EXPECT_EQ(done.refused[0].reason, "odd");
}

TEST(InfluxSender, takes_a_server_at_its_word_that_refuses_all) {
  ScriptedServer server;
  server.script = {
      with_status(400, R"({"error":"partial write: points beyond retention policy dropped=4"})")};
  Delivery done = deliver(server, lines(0, 4));
  EXPECT_EQ(server.bodies.size(), 1);
  EXPECT_EQ(done.written, 0);
  EXPECT_EQ(done.refused.size(), 4);
  EXPECT_EQ(done.refused[3].reason, "points beyond retention policy");
}

}  // namespace
}  // namespace dnstorm::operators
