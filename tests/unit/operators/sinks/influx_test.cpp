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

TEST_F(InfluxOperator, makes_fields_of_the_values_of_a_key) {
  testing::TaskHarness task(
      def(), with({{"tags", {"server=ns1"}}, {"naming", {"wide"}}, {"wide", {"qtype"}}}),
      {testing::count_fields(), testing::top_fields()});
  task.feed({{"0s", "10s", "28", "0", "5"},
             {"0s", "10s", "15", "3", "7"},
             {"0s", "10s", "1", "0", "6"},
             {"10s", "20s", "1", "0", "8"},
             {"0s", "10s", "65280", "0", "9"}});
  task.feed({{"0s", "10s", "1", "a.example", "3", "0.5"}}, 1);
  task.finish();
  std::string all;
  for (const std::string& body : server.bodies) all += body;
  EXPECT_EQ(all,
            "input,rank=1,server=ns1 count=3i,name=\"a.example\",share=0.5 0\n"
            "input,rcode=NOERROR,server=ns1 A=6i,AAAA=5i,TYPE65280=9i 0\n"
            "input,rcode=NXDOMAIN,server=ns1 MX=7i 0\n"
            "input,rcode=NOERROR,server=ns1 A=8i 10000000000\n");
  EXPECT_EQ(task.counter("values_overwritten"), 0);
}

TEST_F(InfluxOperator, names_fields_after_both_if_there_are_several_values) {
  auto fields = testing::with(testing::count_fields(), {{"size_sum", Type::u64, Role::value}});
  testing::TaskHarness task(def(), with({{"naming", {"wide"}}, {"wide", {"rcode"}}}), fields);
  task.feed({{"0s", "10s", "28", "0", "5", "50"}, {"0s", "10s", "28", "3", "6", "60"}});
  task.finish();
  EXPECT_THAT(server.bodies, ElementsAre("",
                                         "input,qtype=AAAA NOERROR_count=5i,NOERROR_size_sum=50i,"
                                         "NXDOMAIN_count=6i,NXDOMAIN_size_sum=60i 0\n"));
}

std::vector<Field> dsc_array_fields() {
  return testing::with(testing::window_fields(), {{"start", Type::time},
                                                  {"stop", Type::time},
                                                  {"place", Type::u32},
                                                  {"dataset", Type::str},
                                                  {"dimension1", Type::str},
                                                  {"dimension2", Type::str},
                                                  {"key1", Type::str},
                                                  {"key2", Type::str},
                                                  {"count", Type::u64, Role::value}});
}

// The lines are those of dsc-datatool for the same file, but for their order.
TEST_F(InfluxOperator, writes_datasets_as_dsc_datatool_does) {
  auto fields = dsc_array_fields();
  testing::TaskHarness task(def(),
                            with({{"naming", {"dsc"}},
                                  {"unbounded_tags", {"true"}},
                                  {"tags", {"server=ns1", "node=a b"}}}),
                            fields);
  auto cell = [](std::vector<std::string> cells) {
    testing::TextRow row = {"0s", "60s", "1s", "60s", "0"};
    row.insert(row.end(), cells.begin(), cells.end());
    return row;
  };
  task.feed({cell({"qtype", "All", "Qtype", "ALL", "28", "12"}),
             cell({"Client_Subnet2", "Class", "ClientSubnet", "ok", "2001:db8::", "3"}),
             cell({"Client_Subnet2", "Class", "ClientSubnet", "ok", "-:SKIPPED_SUM:-", "4"}),
             cell({"qr_aa_bits", "Direction", "QRAABits", "sent", "qr=0,aa=0", "5"}),
             cell({"chaos", "Qtype", "Qname", "16", "", "6"}),
             cell({"empty", "Qtype", "Qname", "16", "", "0"})});
  task.finish();
  EXPECT_THAT(server.bodies,
              ElementsAre("",
                          "chaos,server=ns1,node=a\\ b,qtype=16,qname=\"\" value=6 1000000000\n"
                          "client_subnet2,server=ns1,node=a\\ b,class=ok,clientsubnet="
                          "-:SKIPPED_SUM:- value=4 1000000000\n"
                          "client_subnet2,server=ns1,node=a\\ b,class=ok,clientsubnet="
                          "2001:db8:: value=3 1000000000\n"
                          "qr_aa_bits,server=ns1,node=a\\ b,direction=sent,qraabits="
                          "cXI9MCxhYT0w value=5 1000000000\n"
                          "qtype,server=ns1,node=a\\ b,qtype=28 value=12 1000000000\n"));
}

TEST_F(InfluxOperator, checks_the_naming) {
  auto error = [&](testing::TextOptions options, const std::vector<Field>& fields) {
    options["database"] = {"dns"};
    return testing::declare_error(def(), options, {fields});
  };
  auto counts = testing::count_fields();
  EXPECT_THAT(error({{"wide", {"qtype"}}}, counts), HasSubstr("`wide` is for naming: wide"));
  EXPECT_THAT(error({{"naming", {"wide"}}}, counts), HasSubstr("wants `wide`"));
  EXPECT_THAT(error({{"naming", {"wide"}}, {"wide", {"count"}}}, counts),
              HasSubstr("no input has a key 'count'"));
  testing::TextOptions names = {{"naming", {"wide"}}, {"wide", {"qname"}}};
  EXPECT_THAT(error(names, testing::unbounded_fields()), HasSubstr("a field of every value"));
  names["unbounded_tags"] = {"true"};
  EXPECT_EQ(error(names, testing::unbounded_fields()), "");
  testing::TextOptions dsc = {{"naming", {"dsc"}}, {"unbounded_tags", {"true"}}};
  EXPECT_THAT(error(dsc, counts), HasSubstr("is for the stream `arrays` of `dsc`: rows of 'input' "
                                            "have no field"));
  EXPECT_EQ(error(dsc, dsc_array_fields()), "");
  EXPECT_THAT(error({{"naming", {"dsc"}}}, dsc_array_fields()), HasSubstr("unbounded_tags: true"));
  dsc["measurement"] = {"x"};
  EXPECT_THAT(error(dsc, dsc_array_fields()), HasSubstr("of its own"));
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
