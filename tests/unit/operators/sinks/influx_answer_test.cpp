#include "operators/sinks/influx_answer.hpp"

#include "operators/sinks/influx_target.hpp"

namespace dnstorm::operators {
namespace {

struct Row {
  int status;
  std::string body;
  InfluxAction action;
  std::uint64_t rejected;
};

TEST(InfluxAnswer, is_judged_by_status_and_body) {
  using enum InfluxAction;
  const std::vector<Row> table = {
      {204, "", done, 0},
      {200, "", done, 0},
      // Words of InfluxDB 1.6.7.
      {400,
       R"({"error":"partial write: unable to parse 'a v=oops 2': invalid boolean\n)"
       R"(unable to parse 'b 3': invalid field format dropped=0"})",
       done, 2},
      {400,
       R"({"error":"partial write: field type conflict: input field \"v\" on measurement \"a\" is )"
       R"(type float, already exists as type integer dropped=3"})",
       done, 3},
      {400, R"({"error":"partial write: points beyond retention policy dropped=10"})", done, 10},
      {400, R"({"error":"partial write: points beyond retention policy dropped=99"})", done, 10},
      {400, R"({"error":"partial write: something"})", done, 1},
      {400, R"({"error":"unable to parse 'a': missing fields"})", split, 0},
      {400, R"({"error":"unexpected EOF"})", refuse, 0},
      {400, R"({"error":"database is required"})", stop, 0},
      {401, R"({"error":"authorization failed"})", stop, 0},
      {403, R"({"error":"\"u\" user is not authorized to write to database \"x\""})", stop, 0},
      {404, R"({"error":"database not found: \"nodb\""})", stop, 0},
      {404, "404 page not found\n", stop, 0},
      {413, R"({"error":"Request Entity Too Large"})", split, 0},
      {500, R"({"error":"retention policy not found: nope"})", stop, 0},
      {500, R"({"error":"timeout"})", retry, 0},
      {503, R"({"error":"request throttled, queue full"})", retry, 0},
      {502, "<html>Bad Gateway</html>", retry, 0},
      // Words of InfluxDB 2.
      {400, R"({"code":"invalid","message":"unable to parse 'a': missing fields"})", split, 0},
      {422,
       R"({"code":"unprocessable entity","message":"failure writing points to database: partial )"
       R"(write: field type conflict: input field dropped=2"})",
       done, 2},
      {404, R"({"code":"not found","message":"bucket \"b\" not found"})", stop, 0},
      {429, R"({"code":"too many requests","message":"org has exceeded limited_write plan limit"})",
       retry, 0},
      // Not an InfluxDB at all.
      {301, "", stop, 0},
      {405, "", stop, 0},
      {0, "", retry, 0},
  };
  constexpr std::uint64_t points = 10;
  for (const Row& row : table) {
    InfluxVerdict verdict =
        judge({.status = row.status, .body = row.body, .failure = "connection reset"}, points);
    EXPECT_EQ(static_cast<int>(verdict.action), static_cast<int>(row.action))
        << row.status << " " << row.body;
    EXPECT_EQ(verdict.rejected, row.rejected) << row.status << " " << row.body;
  }
}

TEST(InfluxAnswer, counts_a_body_of_which_no_line_could_be_read) {
  InfluxVerdict verdict =
      judge({.status = 400,
             .body = R"({"error":"unable to parse 'a': missing fields\nunable to parse 'b': x"})"},
            2);
  EXPECT_EQ(static_cast<int>(verdict.action), static_cast<int>(InfluxAction::done));
  EXPECT_EQ(verdict.rejected, 2);
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
  InfluxVerdict verdict = judge(answer, 10);
  EXPECT_EQ(verdict.action, InfluxAction::done);
  EXPECT_EQ(verdict.rejected, 2u);
  EXPECT_EQ(verdict.reason, "partial write of line protocol occurred: invalid value");
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
