// Several boards behind one server: of a cluster, one a topology.
#include <map>
#include <nlohmann/json.hpp>

#include "board/server/server.hpp"
#include "tests/unit/board/server/http_client.hpp"

namespace dnstorm::board {
namespace {

using nlohmann::json;

class TwoBoards final : public Boards {
 public:
  TwoBoards() {
    for (const char* name : {"one", "two"})
      lives[name] = std::make_shared<Live>(LiveOptions{.title = name, .epoch = name});
  }
  std::shared_ptr<Live> find(const std::string& topology) override {
    auto found = lives.find(topology.empty() ? "one" : topology);
    return found == lives.end() ? nullptr : found->second;
  }
  std::string topology_json(const std::string& topology) override {
    return topology == "two" ? R"({"topology":"two"})" : "";
  }
  void tick(Moment now) override {
    for (auto& [name, live] : lives) live->tick(now, {});
  }

  std::map<std::string, std::shared_ptr<Live>> lives;
};

class BoardsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    boards.lives["two"]->publish({"types", "wall", "Types", 0, 1, {"count"}, {{"A", {3}}}});
    boards.lives["two"]->tell("restarted");
    auto started = Server::start({.port = 0}, boards);
    ASSERT_TRUE(started.ok()) << started.error().what;
    server = std::move(*started);
  }
  Reply get(const std::string& path) { return HttpClient(server->url() + path).get(); }

  TwoBoards boards;
  std::unique_ptr<Server> server;
};

TEST_F(BoardsTest, each_topology_has_its_own) {
  EXPECT_EQ(json::parse(get("api/snapshot").body)["title"], "one");
  json two = json::parse(get("api/snapshot?topology=two").body);
  EXPECT_EQ(two["title"], "two");
  EXPECT_EQ(two["panels"][0]["wall"]["total"], 3);
  EXPECT_EQ(two["notes"], json::array({"restarted"}));
  EXPECT_EQ(get("api/honesty?topology=two").status, 200);
}

TEST_F(BoardsTest, what_is_not_there_is_told) {
  for (const char* path : {"api/snapshot?topology=x", "api/stream?topology=x", "api/topology"})
    EXPECT_EQ(get(path).status, 404) << path;
  EXPECT_EQ(get("api/topology?topology=two").body, R"({"topology":"two"})");
}

TEST_F(BoardsTest, a_stream_ends_when_its_board_is_closed) {
  boards.lives["two"]->close();
  // It would go on for ever otherwise.
  const Reply reply = get("api/stream?topology=two");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, ::testing::HasSubstr("event: snapshot"));
}

}  // namespace
}  // namespace dnstorm::board
