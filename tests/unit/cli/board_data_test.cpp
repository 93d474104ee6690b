#include "cli/board_data.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

ApiRequest get(const std::string& path) {
  ApiRequest request;
  request.method = "GET";
  request.path = path;
  return request;
}

BoardData two_names() {
  BoardData data;
  data.add("history", [](const ApiRequest& request) { return ApiAnswer{.body = request.path}; });
  data.add("events", [](const ApiRequest&) { return ApiAnswer{.body = "[]"}; });
  return data;
}

TEST(BoardData, ListsWhatThereIs) {
  EXPECT_EQ(two_names().answer(get("")).body, R"({"data":["events","history"],"first":"live"})");
  EXPECT_EQ(two_names().answer(get("/")).body, R"({"data":["events","history"],"first":"live"})");
  BoardData other;
  other.begin_with("security");
  EXPECT_EQ(other.answer(get("")).body, R"({"data":[],"first":"security"})");
}

TEST(BoardData, ListsWhatMayComeLaterWhenItIsThere) {
  bool there = false;
  BoardData data;
  data.add(
      "events", [](const ApiRequest&) { return ApiAnswer{.body = "[]"}; }, [&] { return there; });
  EXPECT_EQ(data.answer(get("")).body, R"({"data":[],"first":"live"})");
  there = true;
  EXPECT_EQ(data.answer(get("")).body, R"({"data":["events"],"first":"live"})");
}

TEST(BoardData, FindsByNameAndGivesTheRestOfThePath) {
  const BoardData data = two_names();
  EXPECT_EQ(data.answer(get("/events")).body, "[]");
  EXPECT_EQ(data.answer(get("/history/series/qtypes")).body, "/series/qtypes");
  EXPECT_EQ(data.answer(get("/nothing")).status, 404u);
}

TEST(BoardData, AProblemIsAlwaysValidJson) {
  EXPECT_EQ(data_problem(400, "no \"quote\"").body, R"({"error":"no \"quote\""})");
  EXPECT_EQ(data_problem(400, "a\xff").body, "{\"error\":\"a\xef\xbf\xbd\"}");
}

TEST(BoardData, ChangesAreForThoseWhoMay) {
  ApiRequest request = get("/mute");
  request.loopback = true;
  EXPECT_EQ(refuse_change(request, "")->status, 403u) << "a page of another site can send this";
  request.deliberate = true;
  EXPECT_FALSE(refuse_change(request, "").has_value());
  request.loopback = false;
  EXPECT_EQ(refuse_change(request, "")->status, 403u) << "there is no token";
  EXPECT_EQ(refuse_change(request, "secret")->status, 401u);
  request.token = "secret";
  EXPECT_FALSE(refuse_change(request, "secret").has_value());
}

}  // namespace
}  // namespace dnstorm::cli
