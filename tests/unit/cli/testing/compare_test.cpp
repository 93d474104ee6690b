#include "cli/testing/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testkit::Captured;
using topology::TestExpectation;
using topology::TestRow;

Captured words(const std::vector<std::vector<std::string>>& rows) {
  Captured captured;
  captured.sources.push_back({"counts", "default", {{"word", Type::str}, {"count", Type::u64}}});
  for (const auto& cells : rows) captured.lines.push_back({0, cells});
  return captured;
}

TestRow row(int line, std::map<std::string, std::string> cells) {
  return {std::move(cells), 0, {line, 1, 0}};
}

TestExpectation expect(std::vector<TestRow> rows, bool unordered = false) {
  TestExpectation expected;
  expected.of = "counts";
  expected.place = {9, 3, 0};
  expected.rows = std::move(rows);
  expected.unordered = unordered;
  return expected;
}

std::vector<std::string> told(const std::optional<Mismatch>& found) {
  if (!found) return {};
  std::vector<std::string> lines = {std::to_string(found->place.line) + ": " + found->what};
  lines.insert(lines.end(), found->lines.begin(), found->lines.end());
  return lines;
}

TEST(CompareRows, OnlyNamedFieldsCountAndValuesHaveOneText) {
  Captured got = words({{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(told(compare_rows(expect({row(1, {{"word", "a"}}), row(2, {{"count", "02"}})}), got)),
              IsEmpty());
  EXPECT_THAT(
      told(compare_rows(expect({row(1, {{"count", "2"}}), row(2, {{"word", "a"}})}, true), got)),
      IsEmpty());
}

TEST(CompareRows, TheFirstDifferenceIsTold) {
  Captured got = words({{"a", "1"}, {"b", "3"}, {"c", "1"}});
  EXPECT_THAT(told(compare_rows(expect({row(1, {{"word", "a"}, {"count", "1"}}),
                                        row(2, {{"word", "b"}, {"count", "2"}})}),
                                got)),
              ElementsAre("2: 1 row missing, 2 unexpected; 2 rows expected, 3 came",
                          "row 2 is the first that differs", "expected   count=2 word=b",
                          "got        count=3 word=b", "missing    count=2 word=b",
                          "unexpected count=3 word=b", "unexpected count=1 word=c"));
}

TEST(CompareRows, AnotherOrderIsToldAsSuch) {
  Captured got = words({{"b", "1"}, {"a", "1"}});
  EXPECT_THAT(
      told(compare_rows(expect({row(1, {{"word", "a"}}), row(2, {{"word", "b"}})}), got)),
      ElementsAre("1: the rows are there in another order; 'unordered: true' allows it",
                  "row 1 is the first that differs", "expected   word=a", "got        word=b"));
}

TEST(CompareRows, RowsThatFitSeveralArePairedBest) {
  Captured got = words({{"a", "1"}, {"a", "2"}});
  // {word: a} fits both; {count: 1} only the first.
  EXPECT_THAT(
      told(compare_rows(expect({row(1, {{"word", "a"}}), row(2, {{"count", "1"}})}, true), got)),
      IsEmpty());
  EXPECT_THAT(
      told(compare_rows(
          expect({row(1, {{"count", "1"}}), row(2, {{"count", "1"}}), row(3, {{"word", "a"}})},
                 true),
          got)),
      ElementsAre("2: 1 row missing, 0 unexpected; 3 rows expected, 2 came", "missing    count=1"));
}

TEST(CompareRows, DuplicatesAreCounted) {
  Captured got = words({{"a", "1"}, {"a", "1"}});
  EXPECT_THAT(
      told(compare_rows(expect({row(1, {{"word", "a"}})}, true), got)),
      ElementsAre("9: 0 rows missing, 1 unexpected; 1 row expected, 2 came", "unexpected word=a"));
}

TEST(CompareRows, NothingExpectedIsAnExpectation) {
  EXPECT_THAT(told(compare_rows(expect({}), words({}))), IsEmpty());
  EXPECT_THAT(told(compare_rows(expect({}), words({{"a b", ""}}))),
              ElementsAre("9: 0 rows missing, 1 unexpected; 0 rows expected, 1 came",
                          "row 1 is the first that differs", "expected   nothing",
                          "got        word='a b' count=''", "unexpected word='a b' count=''"));
}

TEST(CompareRows, SomeAndHowMany) {
  TestExpectation expected;
  expected.contains = {row(4, {{"word", "b"}})};
  expected.count = 2;
  expected.count_place = {5, 1, 0};
  EXPECT_THAT(told(compare_rows(expected, words({{"a", "1"}, {"b", "1"}}))), IsEmpty());
  EXPECT_THAT(told(compare_rows(expected, words({{"b", "1"}}))),
              ElementsAre("5: 2 rows expected, 1 came"));
  EXPECT_THAT(
      told(compare_rows(expected, words({{"a", "1"}}))),
      ElementsAre("4: 1 row missing of 1; 1 came", "missing    word=b", "came       word=a"));
}

TEST(CompareRows, AFieldThatThereIsNotIsToldAtItsRow) {
  EXPECT_THAT(told(compare_rows(expect({row(3, {{"wrod", "a"}})}), words({}))),
              ElementsAre("3: there is no field 'wrod', did you mean 'word'?"));
  EXPECT_THAT(told(compare_rows(expect({row(3, {{"count", "many"}})}), words({}))),
              ElementsAre("3: field 'count' (u64) takes a number from 0 to 18446744073709551615, "
                          "not 'many'"));
}

TEST(CompareRows, ASinkTellsItsSourcesApart) {
  Captured got = words({{"a", "1"}});
  got.sources.push_back({"others", "default", {{"n", Type::u64}}});
  got.lines.push_back({1, {"7"}});
  EXPECT_THAT(told(compare_rows(expect({row(1, {{"from", "counts"}, {"word", "a"}}),
                                        row(2, {{"from", "others"}, {"n", "7"}})}),
                                got)),
              IsEmpty());
  EXPECT_THAT(told(compare_rows(expect({row(1, {{"from", "otters"}})}), got)),
              ElementsAre("1: no rows come from 'otters'"));
}

TEST(CompareText, TheFirstLineThatDiffers) {
  TestExpectation expected;
  expected.text = "one\ntwo\n";
  expected.text_place = {7, 2, 0};
  EXPECT_THAT(told(compare_text(expected, "one\ntwo\n")), IsEmpty());
  EXPECT_THAT(told(compare_text(expected, "one\n2\nthree\n")),
              ElementsAre("7: line 2 is the first that differs; 2 lines expected, 3 came",
                          "expected   two", "got        2"));
}

TEST(CompareRuns, TheOrderMayDifferTheRowsMayNot) {
  Captured one = words({{"a", "1"}, {"b", "1"}});
  EXPECT_THAT(compare_runs(one, words({{"b", "1"}, {"a", "1"}})), IsEmpty());
  EXPECT_THAT(compare_runs(one, words({{"b", "2"}, {"a", "1"}})),
              ElementsAre("missing    word=b count=1", "unexpected word=b count=2"));
}

}  // namespace
}  // namespace dnstorm::cli
