#include "cli/cluster_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text_table.hpp"

namespace dnstorm::cli {
namespace {

using operators::HttpAnswer, operators::HttpRequest;
using ::testing::ElementsAre;

// Answers by address; writes down who was asked.
class FakeHttp final : public operators::HttpTransport {
 public:
  FakeHttp(std::map<std::string, HttpAnswer> answers, std::vector<std::string>& asked,
           HttpRequest& last)
      : answers_(std::move(answers)), asked_(asked), last_(last) {}
  HttpAnswer exchange(const HttpRequest& request) override {
    asked_.push_back(request.url);
    last_ = request;
    last_.body = {};
    return answers_.at(request.url.substr(0, request.url.find("/api/")));
  }

 private:
  std::map<std::string, HttpAnswer> answers_;
  std::vector<std::string>& asked_;
  HttpRequest& last_;
};

class ClusterClientTest : public ::testing::Test {
 protected:
  ClusterClient client(std::map<std::string, HttpAnswer> answers, std::string token = "") {
    ClusterClient::Options options{{"http://a", "http://b"}, std::move(token), "", false};
    return {std::move(options), std::make_unique<FakeHttp>(std::move(answers), asked_, last_)};
  }
  static HttpAnswer answer(int status, std::string body) { return {status, std::move(body), {}}; }
  static HttpAnswer refusal(int status, const char* kind) {
    return {status, fmt::format(R"({{"error":"{}","errorMessage":"why"}})", kind), {}};
  }
  static HttpAnswer nobody() { return {0, "", "connection refused"}; }

  std::vector<std::string> asked_;
  HttpRequest last_;
};

const char* const not_leading = "NimbusLeaderNotFoundException";

TEST_F(ClusterClientTest, AsksTheNextWhereOneIsAwayOrDoesNotLead) {
  for (const HttpAnswer& first : {nobody(), refusal(503, not_leading)}) {
    asked_.clear();
    auto two = client({{"http://a", first}, {"http://b", answer(200, R"({"x":1})")}});
    auto got = two.get("/x");
    ASSERT_TRUE(got.ok()) << got.error().what;
    EXPECT_EQ((*got)["x"], 1);
    EXPECT_TRUE(two.get("/y").ok());
    EXPECT_THAT(asked_, ElementsAre("http://a/api/v1/x", "http://b/api/v1/x", "http://b/api/v1/y"));
  }
}

TEST_F(ClusterClientTest, AnythingElseIsTheAnswerOfTheCluster) {
  auto two = client({{"http://a", refusal(404, "NotAliveException")}, {"http://b", nobody()}});
  auto got = two.post("/x");
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, ErrorKind::usage);
  EXPECT_EQ(got.error().what, "why");
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ClusterClientTest, SaysInOneLineWhyThereIsNoAnswer) {
  auto away = client({{"http://a", nobody()}, {"http://b", nobody()}}).get("/x");
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(away.error().what,
            "http://a does not answer (connection refused); http://b does not answer (connection "
            "refused): is there a coordinator, and is --to right?");
  auto idle = client({{"http://a", refusal(503, not_leading)}, {"http://b", nobody()}}).get("/x");
  ASSERT_FALSE(idle.ok());
  EXPECT_EQ(idle.error().what, "why");
  auto other = client({{"http://a", answer(404, "nothing here")}}).get("/x");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().what,
            "what answers at http://a is no coordinator of a cluster (HTTP 404)");
}

TEST_F(ClusterClientTest, ExitCodesFollowWhatIsWrong) {
  const std::tuple<int, const char*, ErrorKind> cases[] = {
      {400, "InvalidRequestException", ErrorKind::usage},
      {400, "InvalidTopologyException", ErrorKind::config},
      {401, "AuthorizationException", ErrorKind::permission},
      {403, "AuthorizationException", ErrorKind::permission},
      {409, "AlreadyAliveException", ErrorKind::usage},
      {503, "UnavailableException", ErrorKind::unavailable}};
  for (const auto& [status, kind, expected] : cases) {
    auto got = client({{"http://a", refusal(status, kind)}}).get("/x");
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, expected) << status << kind;
  }
}

TEST_F(ClusterClientTest, SendsTheTokenAndThatAChangeIsMeant) {
  auto it = client({{"http://a", answer(200, "{}")}}, "secret");
  ASSERT_TRUE(it.post("/x").ok());
  EXPECT_TRUE(last_.post);
  EXPECT_THAT(last_.headers, ::testing::Contains("Authorization: Bearer secret"));
  EXPECT_THAT(last_.headers, ::testing::Contains("X-Dnstorm-Control: 1"));
  ASSERT_TRUE(it.get("/x").ok());
  EXPECT_FALSE(last_.post);
}

TEST(CoordinatorUrls, HaveSchemeAndPort) {
  EXPECT_THAT(coordinator_urls("a", false), ElementsAre("http://a:7371"));
  EXPECT_THAT(coordinator_urls("a:1,,7372,https://c/,[::1],[::1]:5", false),
              ElementsAre("http://a:1", "http://127.0.0.1:7372", "https://c:7371",
                          "http://[::1]:7371", "http://[::1]:5"));
  EXPECT_THAT(coordinator_urls("a", true), ElementsAre("https://a:7371"));
  EXPECT_TRUE(coordinator_urls(",", false).empty());
}

TEST(TextTable, HasColumnsAndNothingThatATerminalObeys) {
  TextTable table({"NAME", ">N"});
  table.add({"long name", "1"});
  table.add({"\xc3\xa4\x1b[2J", "1,000"});
  EXPECT_EQ(table.text(),
            "NAME           N\n"
            "long name      1\n"
            "\xc3\xa4?[2J      1,000\n");
  EXPECT_EQ(printable("a\x7f\xc2\x9b\xc2\xa9\n"), "a??\xc2\xa9?");
}

}  // namespace
}  // namespace dnstorm::cli
