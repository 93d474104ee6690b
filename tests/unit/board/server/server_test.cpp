#include "board/server/server.hpp"

#include <atomic>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "board/server/assets.hpp"
#include "board/server/listen.hpp"
#include "tests/unit/board/server/http_client.hpp"

namespace dnstorm::board {
namespace {

using nlohmann::json;

FeedFrame wall_frame(std::vector<FeedRow> rows) {
  return {"qtypes", "wall", "Types", 0, ns_per_s, {"count"}, std::move(rows)};
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { start({.port = 0}); }
  void start(ServerOptions options) {
    auto server = Server::start(std::move(options), live_, [this] { return honesty(); });
    ASSERT_TRUE(server.ok()) << server.error().what;
    server_ = std::move(server).value();
  }
  Honesty honesty() const {
    Honesty honesty;
    honesty.captured = captured_;
    return honesty;
  }
  std::string url(const std::string& path) const { return server_->url() + path; }
  Reply get(const std::string& path) { return HttpClient(url(path)).get(); }

  std::atomic<std::uint64_t> captured_{7};
  Live live_{LiveOptions{.title = "test", .epoch = "e1"}};
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, says_where_it_is) {
  EXPECT_NE(server_->port(), 0);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()) + "/");
}

TEST_F(ServerTest, is_healthy) {
  const Reply reply = get("healthz");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "ok\n");
}

TEST_F(ServerTest, gives_what_was_shown_and_how_a_cell_grew) {
  live_.publish(wall_frame({{"A", {3}}}));
  while (json::parse(get("api/snapshot").body)["panels"].empty()) std::this_thread::yield();
  const json span = json::parse(get("api/rewind").body);
  EXPECT_GT(span["first"], 0);
  EXPECT_FALSE(span.contains("snapshot"));
  const std::string last = std::to_string(span["last"].get<std::int64_t>());
  EXPECT_EQ(json::parse(get("api/rewind?t=" + last).body)["snapshot"]["title"], "test");
  for (const char* t : {"-1", "1e9", "x", "99999999999999999999"})
    EXPECT_EQ(get(std::string("api/rewind?t=") + t).status, 400) << t;
  EXPECT_EQ(json::parse(get("api/cell?panel=qtypes&slot=0").body)["key"], "A");
  EXPECT_EQ(get("api/cell?panel=qtypes&slot=1").status, 404);
  EXPECT_EQ(get("api/cell?panel=qtypes").status, 400);
}

TEST_F(ServerTest, every_answer_forbids_the_browser_what_the_page_does_not_need) {
  for (const char* path : {"", "api/snapshot", "nothing", "healthz"}) {
    SCOPED_TRACE(path);
    Reply reply = get(path);
    EXPECT_THAT(reply.headers["content-security-policy"],
                ::testing::StartsWith("default-src 'self'"));
    EXPECT_THAT(reply.headers["content-security-policy"],
                ::testing::Not(::testing::HasSubstr("unsafe")));
    EXPECT_EQ(reply.headers["x-content-type-options"], "nosniff");
  }
}

TEST_F(ServerTest, serves_the_page_and_its_files_whole_with_and_without_gzip) {
  for (const Asset& asset : assets()) {
    SCOPED_TRACE(asset.path);
    const std::string path(asset.path.substr(1));
    Reply plain = get(path);
    Reply gzip = HttpClient(url(path)).set(CURLOPT_ACCEPT_ENCODING, "gzip").get();
    EXPECT_EQ(plain.status, 200);
    EXPECT_EQ(plain.body, asset.plain);
    EXPECT_EQ(gzip.body, asset.plain) << "curl unpacks it";
    EXPECT_EQ(gzip.headers["content-encoding"], "gzip");
    EXPECT_EQ(plain.headers.count("content-encoding"), 0u);
    EXPECT_EQ(plain.headers["content-type"], asset.type);
    const bool hashed = asset.path.starts_with("/assets/");
    EXPECT_THAT(plain.headers["cache-control"],
                ::testing::HasSubstr(hashed ? "immutable" : "no-cache"));
  }
}

TEST_F(ServerTest, a_page_that_did_not_change_is_not_sent_again) {
  Reply first = get("");
  ASSERT_FALSE(first.headers["etag"].empty());
  const Reply again = HttpClient(url("")).header("If-None-Match: " + first.headers["etag"]).get();
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(HttpClient(url("")).header("If-None-Match: \"other\"").get().status, 200);
}

TEST_F(ServerTest, gives_every_number_as_json) {
  live_.publish(wall_frame({{"A", {3}}}));
  HttpClient(url("api/stream")).stream([](const Event& event) {  // until the tick that has it
    return event.data.dump().find("\"A\"") == std::string::npos;
  });
  Reply reply = get("api/snapshot");
  EXPECT_EQ(reply.headers["content-type"], "application/json");
  const json snapshot = json::parse(reply.body);
  EXPECT_EQ(snapshot["panels"][0]["wall"]["slots"][0], json::parse(R"(["A",3,0])"));
  EXPECT_EQ(snapshot["honesty"]["captured"], 7);
  EXPECT_EQ(json::parse(get("api/honesty").body)["captured"], 7);
}

TEST_F(ServerTest, streams_a_snapshot_and_then_what_changes) {
  PageModel page;
  const Reply reply = HttpClient(url("api/stream")).stream([&](const Event& event) {
    if (event.name == "snapshot") live_.publish(wall_frame({{"A", {3}}}));
    if (event.name == "slot") live_.publish(wall_frame({{"A", {39}}}));
    page.apply(event);
    return page.state()["panels"].empty() || page.count("qtypes", "A") != 42;
  });
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(page.count("qtypes", "A"), 42);
}

TEST_F(ServerTest, goes_on_where_a_client_left) {
  std::string last;
  const auto one_event = [&](const Event& event) {
    last = event.id;
    return false;
  };
  HttpClient(url("api/stream")).stream(one_event);
  live_.publish(wall_frame({{"A", {3}}}));
  std::vector<std::string> by_header, by_query;
  HttpClient(url("api/stream")).header("Last-Event-ID: " + last).stream([&](const Event& event) {
    by_header.push_back(event.name);
    return by_header.size() < 2;
  });
  HttpClient(url("api/stream?last=" + last)).stream([&](const Event& event) {
    by_query.push_back(event.name);
    return by_query.size() < 2;
  });
  EXPECT_EQ(by_header, (std::vector<std::string>{"panel", "slot"}));
  EXPECT_EQ(by_query, by_header);
}

TEST_F(ServerTest, refuses_one_stream_too_many_with_a_sentence) {
  server_.reset();
  start({.port = 0, .clients_max = 1});
  Reply refused;
  HttpClient(url("api/stream")).stream([&](const Event&) {
    refused = get("api/stream");
    return false;
  });
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "1 boards are open already, which is the limit: close one\n");
}

TEST_F(ServerTest, many_clients_see_the_same_and_stop_ends_them) {
  constexpr int count = 40;
  std::atomic<int> connected{0};
  std::vector<std::thread> clients;
  std::vector<std::string> bodies(count);
  std::promise<void> all_there;
  for (int i = 0; i < count; ++i)
    clients.emplace_back([&, i] {
      HttpClient client(url("api/stream"));
      const Reply reply = client.stream([&](const Event& event) {
        if (event.name == "snapshot" && ++connected == count) all_there.set_value();
        if (event.name == "slot") bodies[static_cast<std::size_t>(i)] = event.data.dump();
        return event.name != "slot";
      });
    });
  all_there.get_future().wait();
  live_.publish(wall_frame({{"A", {3}}}));
  for (std::thread& client : clients) client.join();
  for (const std::string& body : bodies) EXPECT_EQ(body, R"({"qtypes":[0,"A",3,0]})");
}

TEST_F(ServerTest, stop_ends_open_streams) {
  std::promise<void> open;
  std::thread client([&] {
    HttpClient(url("api/stream")).stream([&](const Event&) {
      open.set_value();
      return true;
    });
  });
  open.get_future().wait();
  server_->stop();
  client.join();
  EXPECT_EQ(server_->clients(), 0u);
  EXPECT_EQ(get("healthz").status, 0);
}

TEST_F(ServerTest, only_answers_get) {
  const Reply reply = HttpClient(url("api/snapshot")).set(CURLOPT_POSTFIELDS, "x").get();
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(get("nothing").status, 404);
  EXPECT_EQ(get("..%2f..%2fetc/passwd").status, 404);
}

TEST_F(ServerTest, control_wants_its_header_and_says_what_was_done) {
  ServerOptions options{.port = 0};
  options.control = [](const ControlRequest& request) -> Result<std::string> {
    if (request.action == "rebalance") return request.component + " " + request.executors;
    return Error{ErrorKind::usage, "no such action", ""};
  };
  start(std::move(options));
  auto post = [this](const std::string& path, const char* line) {
    return HttpClient(url(path)).header(line).set(CURLOPT_POSTFIELDS, "").get();
  };
  const std::string given = std::string(control_header) + ": 1";
  EXPECT_EQ(post("api/control/rebalance", "X-Other: 1").status, 403);
  EXPECT_EQ(get("api/control/rebalance").status, 404);
  const Reply done = post("api/control/rebalance?component=a&executors=2", given.c_str());
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body, "a 2\n");
  EXPECT_EQ(post("api/control/nothing", given.c_str()).status, 400);
}

TEST_F(ServerTest, without_a_run_there_is_nothing_to_control) {
  const std::string given = std::string(control_header) + ": 1";
  const Reply reply = HttpClient(url("api/control/activate"))
                          .header(given)
                          .set(CURLOPT_POSTFIELDS, "")
                          .get();
  EXPECT_EQ(reply.status, 404);
}

TEST_F(ServerTest, a_name_of_another_site_is_not_answered_on_loopback) {
  EXPECT_EQ(HttpClient(url("")).header("Host: evil.example").get().status, 403);
  EXPECT_EQ(HttpClient(url("")).header("Host: localhost:1").get().status, 200);
}

TEST(HostHeader, is_local_when_it_is_an_address_or_localhost) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8353", "localhost", "localhost:8353",
                           "[::1]:8353", "board.localhost", "192.0.2.7:80"})
    EXPECT_TRUE(is_local_host_header(host)) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example:8353",
                           "127.0.0.1.evil.example", "[::1", "[evil]"})
    EXPECT_FALSE(is_local_host_header(host)) << host;
}

TEST_F(ServerTest, a_port_in_use_is_one_clear_line) {
  Live live({});
  const auto second = Server::start({.port = server_->port()}, live, [] { return Honesty{}; });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(second.error().what,
            "board: port " + std::to_string(server_->port()) +
                " on 127.0.0.1 is in use: stop the program that has it, or choose another port "
                "(0 takes any free one)");
}

TEST(Server, an_address_of_another_machine_is_one_clear_line) {
  Live live({});
  const auto elsewhere = Server::start({.host = "192.0.2.1", .port = 0}, live, {});
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_EQ(elsewhere.error().kind, ErrorKind::usage);
  EXPECT_EQ(
      elsewhere.error().what,
      "board: 192.0.2.1 is not an address of this machine: use 127.0.0.1, or 0.0.0.0 for all");
  const auto nonsense = Server::start({.host = "no such host", .port = 0}, live, {});
  ASSERT_FALSE(nonsense.ok());
  EXPECT_EQ(nonsense.error().kind, ErrorKind::usage);
}

class ThreeLines final : public LineSource {
 public:
  std::string take() override { return ++taken_ <= 3 ? fmt::format("line {}\n", taken_) : ""; }
  bool ended() const override { return taken_ >= 3; }

 private:
  int taken_ = 0;
};

ServerOptions with_tap(std::string host = "127.0.0.1", std::string token = "") {
  ServerOptions options;
  options.host = std::move(host);
  options.port = 0;
  options.tap_token = std::move(token);
  options.tap = [](const TapQuery& query) -> Result<std::unique_ptr<LineSource>> {
    if (query.edge != "a->b" || query.where != "x == 1" || query.rate != "7")
      return Error{ErrorKind::usage, "no such edge", ""};
    return std::unique_ptr<LineSource>(std::make_unique<ThreeLines>());
  };
  return options;
}
constexpr const char* tap_path = "tap?edge=a-%3Eb&where=x%20%3D%3D%201&rate=7";

TEST_F(ServerTest, streams_the_lines_of_a_tap_until_it_ends) {
  EXPECT_EQ(get(tap_path).status, 404) << "a server without taps";
  start(with_tap());
  Reply reply = get(tap_path);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers["content-type"], "application/x-ndjson");
  EXPECT_EQ(reply.body, "line 1\nline 2\nline 3\n");
  reply = get("tap?edge=c");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, "no such edge\n");
}

TEST_F(ServerTest, a_tap_that_others_can_reach_wants_the_token) {
  start(with_tap("0.0.0.0"));
  EXPECT_EQ(get(tap_path).status, 403);
  start(with_tap("0.0.0.0", "secret"));
  EXPECT_EQ(get(tap_path).status, 401);
  EXPECT_EQ(HttpClient(url(tap_path)).header("Authorization: Bearer secreT").get().status, 401);
  EXPECT_EQ(HttpClient(url(tap_path)).header("Authorization: Bearer secret").get().status, 200);
}

TEST_F(ServerTest, somebody_else_may_say_who_taps) {
  ServerOptions options = with_tap();
  options.tap_refusal = [](const ApiRequest& request) -> std::optional<ApiAnswer> {
    if (request.token == "secret" && request.loopback && request.argument("rate") == "7")
      return std::nullopt;
    return ApiAnswer{401, "application/json", "{}"};
  };
  start(std::move(options));
  Reply reply = get(tap_path);
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.body, "{}");
  EXPECT_EQ(HttpClient(url(tap_path)).header("Authorization: Bearer secret").get().status, 200);
}

TEST_F(ServerTest, tells_its_topology) {
  EXPECT_EQ(get("api/topology").status, 404);
  start({.port = 0, .topology = [] { return std::string("{}"); }});
  EXPECT_EQ(get("api/topology").body, "{}");
}

}  // namespace
}  // namespace dnstorm::board
