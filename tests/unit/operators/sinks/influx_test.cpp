#include "operators/sinks/influx.hpp"

#include "tests/unit/operators/sinks/influx_fakes.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::JumpingPause;
using testing::no_answer;
using testing::ScriptedServer;
using testing::with_status;

// ----------------------------------------------------------------------------

class InfluxOperator : public ::testing::Test {
 protected:
  OperatorDef def() {
    struct Passing final : HttpTransport {
      explicit Passing(ScriptedServer& to) : server(to) {}
      HttpAnswer exchange(const HttpRequest& request) override { return server.exchange(request); }
      ScriptedServer& server;
    };
    return influx_operator({.make_transport = [this] { return std::make_unique<Passing>(server); },
                            .make_pause = [] { return std::make_unique<JumpingPause>(); },
                            .note = [this](const std::string& text) { notes.push_back(text); }});
  }
  testing::TextOptions with(testing::TextOptions options) {
    options.try_emplace("database", std::vector<std::string>{"dns"});
    options["spool"] = {folder.path().string()};
    return options;
  }
  std::string prepare_error(testing::TextOptions options) {
    testing::TaskHarness task(def(), with(std::move(options)), testing::count_fields());
    return task.prepared.ok() ? "" : task.prepared.error().what;
  }
  TemporaryFolder folder;
  ScriptedServer server;
  std::vector<std::string> notes;
};

TEST_F(InfluxOperator, writes_closed_windows) {
  testing::TaskHarness task(def(), with({{"tags", {"server=ns1"}}, {"batch", {"2"}}}),
                            testing::count_fields());
  task.feed(
      {{"0s", "10s", "28", "0", "5"}, {"0s", "10s", "1", "0", "6"}, {"0s", "10s", "15", "0", "7"}});
  task.finish();
  std::string all;
  for (const std::string& body : server.bodies) all += body;
  EXPECT_EQ(all,
            "input,qtype=A,rcode=NOERROR,server=ns1 count=6i 0\n"
            "input,qtype=AAAA,rcode=NOERROR,server=ns1 count=5i 0\n"
            "input,qtype=MX,rcode=NOERROR,server=ns1 count=7i 0\n");
  EXPECT_EQ(task.counter("points_written"), 3);
}

// What is in the spool is not in the checkpoint, and what is in an open window is.
TEST_F(InfluxOperator, goes_on_from_a_checkpoint_and_the_spool) {
  std::string state;
  {
    testing::TaskHarness task(def(), with({}), testing::count_fields());
    server.always = no_answer();
    task.feed({{"0s", "10s", "28", "0", "5"}, {"10s", "20s", "28", "0", "6"}});
    task.watermark(10 * ns_per_s);
    while (task.counter("spool_points") != 1) std::this_thread::yield();
    state = task.save();
    EXPECT_EQ(state.find("count=5i"), std::string::npos);
  }
  server.always = with_status(204);
  server.bodies.clear();
  testing::TaskHarness task(def(), with({}), testing::count_fields());
  ASSERT_TRUE(task.restore(state).ok());
  task.finish();
  std::string all;
  for (const std::string& body : server.bodies) all += body;
  EXPECT_EQ(all,
            "input,qtype=AAAA,rcode=NOERROR count=5i 0\n"
            "input,qtype=AAAA,rcode=NOERROR count=6i 10000000000\n");
}

TEST_F(InfluxOperator, says_at_the_start_what_is_wrong) {
  server.always = no_answer();
  EXPECT_EQ(prepare_error({}),
            "influx: http://127.0.0.1:8086 does not answer (connection refused): start it, correct "
            "`url`, or set `wait: true` to begin without it");
  EXPECT_EQ(prepare_error({{"wait", {"true"}}}), "");
  EXPECT_THAT(notes, ElementsAre(HasSubstr("waiting for it")));
  server.always = with_status(404, R"({"error":"database not found: \"dns\""})");
  EXPECT_EQ(
      prepare_error({{"wait", {"true"}}}),
      "influx: http://127.0.0.1:8086 has no database 'dns': create it (influx -execute 'CREATE "
      "DATABASE dns') or correct `database`");
  server.always = with_status(401, R"({"error":"authorization failed"})");
  EXPECT_THAT(
      prepare_error({{"user", {"u"}}}),
      HasSubstr("does not let us write to database 'dns' (authorization failed): correct `user`"));
  server.always = with_status(404, "404 page not found");
  EXPECT_THAT(prepare_error({}), HasSubstr("404 page not found (HTTP 404)"));
  server.always = with_status(400, R"({"code":"invalid","message":"writing requires points"})");
  EXPECT_EQ(prepare_error({{"database", {""}}, {"bucket", {"b"}}, {"org", {"o"}}}), "");
}

TEST_F(InfluxOperator, takes_secrets_from_the_environment) {
  EXPECT_THAT(prepare_error({{"token", {"env:DNSTORM_TEST_NO_SUCH"}}}),
              HasSubstr("environment variable DNSTORM_TEST_NO_SUCH, which is not set"));
  setenv("DNSTORM_TEST_TOKEN", "secret", 1);
  EXPECT_EQ(prepare_error({{"token", {"env:DNSTORM_TEST_TOKEN"}}}), "");
}

TEST_F(InfluxOperator, wants_a_folder_for_what_it_cannot_deliver) {
  testing::TaskHarness task(def(), {{"database", {"dns"}}, {"spool", {"/nowhere"}}},
                            testing::count_fields());
  EXPECT_THAT(task.prepared.error().what, HasSubstr("`spool` /nowhere/dnstorm-spool-test-"));
}

TEST_F(InfluxOperator, wants_the_certificates_that_it_is_told_of) {
  EXPECT_THAT(prepare_error({{"url", {"https://h"}}, {"ca_file", {"/nowhere.pem"}}}),
              HasSubstr("`ca_file` /nowhere.pem: No such file or directory"));
}

TEST_F(InfluxOperator, checks_where_to_write) {
  auto error = [&](testing::TextOptions options) {
    return testing::declare_error(def(), options, {testing::count_fields()});
  };
  EXPECT_THAT(error({}), HasSubstr("say where to write"));
  EXPECT_THAT(error({{"database", {"a"}}, {"bucket", {"b"}}}), HasSubstr("exclude each other"));
  EXPECT_THAT(error({{"database", {"a"}}, {"url", {"localhost:8086"}}}),
              HasSubstr("neither http:// nor https://"));
  EXPECT_THAT(error({{"database", {"a"}}, {"url", {"http://"}}}),
              HasSubstr("not scheme://host:port"));
  EXPECT_THAT(error({{"database", {"a"}}, {"url", {"http://u:p@h"}}}),
              HasSubstr("use `user` and `password`"));
  EXPECT_THAT(error({{"bucket", {"b"}}, {"user", {"u"}}}), HasSubstr("knows a `token`"));
  EXPECT_EQ(error({{"bucket", {"b"}}, {"org", {"o"}}, {"token", {"t"}}}), "");
  EXPECT_EQ(error({{"database", {"a"}}, {"version", {"3"}}, {"token", {"t"}}}), "");
  EXPECT_THAT(error({{"database", {"a"}}, {"version", {"2"}}}), HasSubstr("2 has no `database`"));
  EXPECT_THAT(error({{"bucket", {"a"}}, {"version", {"3"}}}), HasSubstr("3 has no `bucket`"));
  EXPECT_THAT(error({{"database", {"a"}}, {"version", {"3"}}, {"user", {"u"}}}),
              HasSubstr("InfluxDB 3 knows a `token`"));
  EXPECT_THAT(error({{"database", {"a"}}, {"version", {"3"}}, {"retention_policy", {"r"}}}),
              HasSubstr("InfluxDB 3 has no `retention_policy`"));
  EXPECT_THAT(error({{"database", {"a"}}, {"insecure", {"true"}}}), HasSubstr("with https://"));
  EXPECT_THAT(error({{"database", {"a"}},
                     {"url", {"https://h"}},
                     {"insecure", {"true"}},
                     {"ca_file", {"x"}}}),
              HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace dnstorm::operators
