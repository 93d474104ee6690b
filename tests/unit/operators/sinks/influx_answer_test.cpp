#include "operators/sinks/influx_answer.hpp"

#include "operators/sinks/influx_target.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/operators/sinks/sink_lines.hpp"

namespace dnstorm::operators {
namespace {

struct Row {
  int status;
  std::string body;
  InfluxAction action;
  std::uint64_t count = 0;
  bool others_are_in = false;
};

using testing::lines;

// "1 3" for the second and the fourth.
std::string named(const InfluxVerdict& verdict) {
  std::string out;
  for (const RefusedAt& at : verdict.lines)
    out += fmt::format("{}{}", out.empty() ? "" : " ", at.line);
  return out;
}

TEST(InfluxAnswer, is_judged_by_status_and_body) {
  using enum InfluxAction;
  const std::vector<Row> table = {
      {204, "", done},
      {200, "", done},
      // Words of InfluxDB 1.6.7.
      {400,
       R"({"error":"partial write: unable to parse 'a v=oops 2': invalid boolean\n)"
       R"(unable to parse 'b 3': invalid field format dropped=0"})",
       refused, 2, true},
      {400,
       R"({"error":"partial write: field type conflict: input field \"v\" on measurement \"a\" is )"
       R"(type float, already exists as type integer dropped=3"})",
       refused, 3, true},
      {400, R"({"error":"partial write: points beyond retention policy dropped=10"})", refused, 10,
       true},
      {400, R"({"error":"partial write: points beyond retention policy dropped=99"})", refused, 99,
       true},
      {400, R"({"error":"partial write: something"})", refused, 0, true},
      {400, R"({"error":"unable to parse 'a': missing fields"})", refused},
      {400, R"({"error":"unexpected EOF"})", refused},
      {400, R"({"error":"database is required"})", stop},
      {401, R"({"error":"authorization failed"})", stop},
      {403, R"({"error":"\"u\" user is not authorized to write to database \"x\""})", stop},
      {404, R"({"error":"database not found: \"nodb\""})", stop},
      {404, "404 page not found\n", stop},
      {413, R"({"error":"Request Entity Too Large"})", too_large},
      {500, R"({"error":"retention policy not found: nope"})", stop},
      {500, R"({"error":"timeout"})", retry},
      {503, R"({"error":"request throttled, queue full"})", retry},
      {502, "<html>Bad Gateway</html>", retry},
      // Words of InfluxDB 2.
      {400, R"({"code":"invalid","message":"unable to parse 'a': missing fields"})", refused},
      {422,
       R"({"code":"unprocessable entity","message":"failure writing points to database: partial )"
       R"(write: field type conflict: input field dropped=2"})",
       refused, 2, true},
      {404, R"({"code":"not found","message":"bucket \"b\" not found"})", stop},
      {429, R"({"code":"too many requests","message":"org has exceeded limited_write plan limit"})",
       retry},
      // Not an InfluxDB at all.
      {301, "", stop},
      {405, "", stop},
      {0, "", retry},
  };
  LineChunk chunk = lines(0, 10);
  for (const Row& row : table) {
    InfluxVerdict verdict =
        judge({.status = row.status, .body = row.body, .failure = "connection reset"}, chunk);
    EXPECT_EQ(static_cast<int>(verdict.action), static_cast<int>(row.action))
        << row.status << " " << row.body;
    EXPECT_EQ(verdict.count, row.count) << row.status << " " << row.body;
    EXPECT_EQ(verdict.others_are_in, row.others_are_in) << row.status << " " << row.body;
  }
}

TEST(InfluxAnswer, counts_a_body_of_which_no_line_could_be_read) {
  LineChunk chunk;
  chunk.add_line("a\n");
  chunk.add_line("b\n");
  InfluxVerdict verdict =
      judge({.status = 400,
             .body = R"({"error":"unable to parse 'a': missing fields\nunable to parse 'b': x"})"},
            chunk);
  EXPECT_EQ(verdict.action, InfluxAction::refused);
  EXPECT_EQ(verdict.count, 2);
  EXPECT_EQ(named(verdict), "0 1");
}

TEST(InfluxAnswer, finds_the_lines_that_it_quotes) {
  LineChunk chunk;
  for (const char* line : {"a v=1 1\n", "a v=oops 2\n", "a': v=\"x\ny\": bad 3\n", "b 4\n"})
    chunk.add_line(line);
  InfluxVerdict verdict = judge(
      {.status = 400,
       .body =
           R"({"error":"partial write: unable to parse 'a': v=\"x\ny\": bad 3': invalid\n)"
           R"(unable to parse 'a v=oops 2': invalid boolean\nunable to parse 'w': x dropped=0"})"},
      chunk);
  EXPECT_EQ(named(verdict), "1 2");
  EXPECT_EQ(verdict.count, 3);
  EXPECT_EQ(verdict.lines[0].reason, "unable to parse: invalid boolean");
  EXPECT_EQ(verdict.lines[1].reason, "unable to parse: invalid");
}

TEST(InfluxAnswer, names_the_measurement_that_is_at_fault) {
  auto measurement = [](const std::string& body) {
    return judge({.status = 400, .body = body}, lines(0, 10)).measurement;
  };
  EXPECT_EQ(measurement(R"({"error":"partial write: field type conflict: input field \"v\" on )"
                        R"(measurement \"a \"b\"\" is type float, already exists as type integer )"
                        R"(dropped=3"})"),
            "a \"b\"");
  EXPECT_EQ(measurement(R"({"error":"unexpected EOF"})"), "");
}

TEST(InfluxAnswer, sorts_reasons_for_counting) {
  EXPECT_EQ(refusal_of("field type conflict: input field"), Refusal::type_conflict);
  EXPECT_EQ(refusal_of("invalid column type for column 'v', expected i, got f"),
            Refusal::type_conflict);
  EXPECT_EQ(refusal_of("points beyond retention policy"), Refusal::too_old);
  EXPECT_EQ(refusal_of("max-values-per-tag limit exceeded (100000/100000)"), Refusal::series_limit);
  EXPECT_EQ(refusal_of("unable to parse: missing fields"), Refusal::unreadable);
  EXPECT_EQ(refusal_of("no"), Refusal::other);
  EXPECT_EQ(refusal_name(Refusal::too_old), "too_old");
}

TEST(InfluxAnswer, gives_the_reason_in_the_words_of_the_server) {
  EXPECT_EQ(influx_message({.status = 404, .body = R"({"error":"database not found: \"x\""})"}),
            "database not found: \"x\"");
  EXPECT_EQ(
      influx_message({.status = 404, .body = R"({"code":"not found","message":"no bucket"})"}),
      "no bucket");
  EXPECT_EQ(influx_message({.status = 404, .body = "404 page\nnot found\n"}), "404 page not found");
  EXPECT_EQ(influx_message({.status = 500}), "status 500");
  EXPECT_EQ(influx_message({.failure = "connection refused"}), "connection refused");
  EXPECT_EQ(influx_message({.status = 400, .body = std::string(5000, 'x')}).size(), 303);
}

TEST(InfluxTarget, knows_this_machine) {
  for (const char* url :
       {"http://localhost:8086", "http://127.0.0.1", "http://127.8.8.8/x", "https://[::1]:8086"})
    EXPECT_TRUE(is_loopback(url)) << url;
  for (const char* url : {"http://influx.example:8086", "http://192.0.2.1",
                          "http://[2001:db8::1]:8086", "http://12.7.0.1"})
    EXPECT_FALSE(is_loopback(url)) << url;
}

TEST(InfluxAnswer, of_version_3_lists_the_lines_that_are_not_in) {
  HttpAnswer answer;
  answer.status = 400;
  answer.body = R"({"error":"partial write of line protocol occurred","data":[)"
                R"({"original_line":"a b=c 1","line_number":2,"error_message":"invalid value"},)"
                R"({"original_line":"d","line_number":4,"error_message":"no fields"}]})";
  LineChunk chunk;
  for (const char* line : {"x y=1 1\n", "a b=c 1\n", "x y=2 2\n", "d\n"}) chunk.add_line(line);
  InfluxVerdict verdict = judge(answer, chunk);
  EXPECT_EQ(verdict.action, InfluxAction::refused);
  EXPECT_TRUE(verdict.others_are_in);
  EXPECT_EQ(verdict.count, 2u);
  EXPECT_EQ(named(verdict), "1 3");
  EXPECT_EQ(verdict.lines[1].reason, "no fields");
  // Numbers that do not fit what was sent are not believed.
  EXPECT_EQ(named(judge(answer, lines(0, 10))), "");
}

TEST(InfluxTarget, makes_write_requests) {
  InfluxTarget target;
  target.url = "http://h:8086";
  target.database = "my db&x";
  target.user = "u";
  target.password = "p";
  EXPECT_EQ(target.write_url(), "http://h:8086/write?db=my%20db%26x&precision=ns");
  target.retention_policy = "week";
  EXPECT_EQ(target.write_url(), "http://h:8086/write?db=my%20db%26x&rp=week&precision=ns");
  EXPECT_EQ(target.write_request("x").user, "u");

  InfluxTarget v2;
  v2.version = 2;
  v2.url = "https://h";
  v2.org = "o";
  v2.bucket = "b/c";
  v2.token = "secret";
  v2.compress = true;
  HttpRequest request = v2.write_request("x");
  EXPECT_EQ(request.url, "https://h/api/v2/write?org=o&bucket=b%2Fc&precision=ns");
  EXPECT_THAT(request.headers,
              ::testing::IsSupersetOf({"Authorization: Token secret", "Content-Encoding: gzip"}));

  InfluxTarget v3;
  v3.version = 3;
  v3.url = "https://h";
  v3.database = "my db";
  v3.token = "secret";
  v3.ca_file = "ca.pem";
  request = v3.write_request("x");
  EXPECT_EQ(request.url,
            "https://h/api/v3/write_lp?db=my%20db&precision=nanosecond&accept_partial=true");
  EXPECT_THAT(request.headers, ::testing::Contains("Authorization: Bearer secret"));
  EXPECT_EQ(request.ca_file, "ca.pem");
  EXPECT_EQ(v3.place(), "database 'my db'");
}

}  // namespace
}  // namespace dnstorm::operators
