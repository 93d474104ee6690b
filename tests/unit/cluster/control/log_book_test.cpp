#include "cluster/control/log_book.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

std::string read(const LogBook& book, const LogQuery& query) {
  std::string text;
  for (const auto& [number, line] : book.read(query)) text += line.text + " ";
  return text;
}

LogBook some() {
  LogBook book(4);
  book.add({1, "a", "", "info", "one"});
  book.add({2, "a", "live-1-1700000000", "info", "two"});
  book.add({3, "b", "live-1-1700000000", "error", "three"});
  book.add({4, "b", "live-x-2-1700000000", "warning", "four"});
  book.add({5, "b", "", "strange", "five"});
  return book;
}

TEST(LogBook, ForgetsTheOldest) { EXPECT_EQ(read(some(), {}), "two three four five "); }

TEST(LogBook, GivesTheNewestUpToALimitAndWhatHasComeSince) {
  LogQuery query;
  query.limit = 2;
  EXPECT_EQ(read(some(), query), "four five ");
  query.after = 4;
  EXPECT_EQ(read(some(), query), "five ");
  EXPECT_EQ(some().read(query).at(0).number, 5U);
}

TEST(LogBook, LooksForNodeTopologyAndLevel) {
  LogQuery query;
  query.node = "a";
  EXPECT_EQ(read(some(), query), "two ");
  query.node.clear();
  query.topology = "live";
  EXPECT_EQ(read(some(), query), "two three ");
  query.topology = "live-x-2-1700000000";
  EXPECT_EQ(read(some(), query), "four ");
  query.topology.clear();
  query.level = "warning";
  EXPECT_EQ(read(some(), query), "three four five ") << "an unknown level is shown";
  query.level = "error";
  EXPECT_EQ(read(some(), query), "three five ");
}

}  // namespace
}  // namespace dnstorm::cluster
