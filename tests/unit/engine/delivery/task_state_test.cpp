#include "engine/delivery/task_state.hpp"

#include <gmock/gmock.h>

#include "engine/api/bolt_state.hpp"

namespace dnstorm::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct Part {
  TaskState own;
  std::string whole;
  std::vector<std::pair<std::uint32_t, std::string>> groups;
};

std::string bytes_of(const Part& part) {
  StateWriter out;
  part.own.write(out);
  BoltState state{part.whole, {}};
  for (const auto& [group, bytes] : part.groups) state.sections.push_back({0, group, bytes});
  if (!part.own.ended) state.write(out);
  return out.take();
}

Part part_of(const std::string& bytes) {
  Part part;
  StateReader in(bytes);
  EXPECT_TRUE(part.own.read(in));
  BoltState state;
  if (!part.own.ended) {
    EXPECT_TRUE(state.read(in));
  }
  EXPECT_TRUE(in.at_end());
  part.whole = state.whole;
  for (const BoltState::Section& section : state.sections)
    part.groups.emplace_back(section.group, section.bytes);
  return part;
}

std::vector<Part> divided(const std::vector<Part>& before, std::uint32_t tasks,
                          Division division = Division::by_group) {
  std::vector<std::string> states;
  for (const Part& part : before) states.push_back(bytes_of(part));
  auto result = divide_anew(states, tasks, division);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().what);
  std::vector<Part> after;
  for (const std::string& state : *result) after.push_back(part_of(state));
  return after;
}

const Part low = {{false, 7, {{"late", 2}}}, "w", {{0, "a"}, {63, "b"}}};
const Part high = {{false, 7, {{"late", 3}, {"odd", 1}}}, "w", {{64, "c"}, {127, "d"}}};

TEST(DivideAnew, GivesAGroupToTheTaskThatOwnsIt) {
  auto four = divided({low, high}, 4);
  ASSERT_EQ(four.size(), 4u);
  EXPECT_THAT(four[0].groups, ElementsAre(Pair(0, "a")));
  EXPECT_THAT(four[1].groups, ElementsAre(Pair(63, "b")));
  EXPECT_THAT(four[2].groups, ElementsAre(Pair(64, "c")));
  EXPECT_THAT(four[3].groups, ElementsAre(Pair(127, "d")));
  auto one = divided(four, 1);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_THAT(one[0].groups,
              ElementsAre(Pair(0, "a"), Pair(63, "b"), Pair(64, "c"), Pair(127, "d")));
}

TEST(DivideAnew, GivesEveryTaskWhatIsNotByKeyAndTheWatermark) {
  for (const Part& part : divided({low, high}, 3)) {
    EXPECT_EQ(part.whole, "w");
    EXPECT_EQ(part.own.watermark, 7);
    EXPECT_FALSE(part.own.ended);
  }
}

TEST(DivideAnew, AddsCountersUpInTheFirstTask) {
  auto three = divided({low, high}, 3);
  EXPECT_THAT(three[0].own.counters, ElementsAre(Pair("late", 5), Pair("odd", 1)));
  EXPECT_THAT(three[1].own.counters, IsEmpty());
}

TEST(DivideAnew, KeepsPartsOfAGroupInTheOrderOfTheTasks) {
  Part other = high;
  other.groups = {{63, "more of b"}};
  auto one = divided({low, other}, 1);
  EXPECT_THAT(one[0].groups, ElementsAre(Pair(0, "a"), Pair(63, "b"), Pair(63, "more of b")));
}

TEST(DivideAnew, GivesAllToTheFirstTaskIfThatGetsAllRows) {
  auto two = divided({low}, 2, Division::to_first_task);
  EXPECT_EQ(two[0].groups.size(), 2u);
  EXPECT_THAT(two[1].groups, IsEmpty());
  EXPECT_EQ(two[1].whole, "w");
}

TEST(DivideAnew, HasEndedWhenAllHave) {
  Part ended = {{true, 99, {{"late", 4}}}, "", {}};
  auto two = divided({ended, ended, ended}, 2);
  EXPECT_TRUE(two[0].own.ended);
  EXPECT_TRUE(two[1].own.ended);
  EXPECT_THAT(two[0].own.counters, ElementsAre(Pair("late", 12)));
  auto mixed = divided({ended, low}, 2);
  EXPECT_FALSE(mixed[0].own.ended);
  EXPECT_EQ(mixed[1].own.watermark, 7);
  EXPECT_EQ(mixed[0].groups.size(), 2u);
}

TEST(DivideAnew, RefusesStateThatIsNotByKeyAndDiffers) {
  Part other = high;
  other.whole = "x";
  auto refused = divide_anew({bytes_of(low), bytes_of(other)}, 1, Division::by_group);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::data);
}

TEST(DivideAnew, RefusesDamagedStates) {
  std::string good = bytes_of(low);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(divide_anew({bytes_of(high), good.substr(0, size)}, 3, Division::by_group).ok())
        << size;
}

}  // namespace
}  // namespace dnstorm::delivery
