#include "board/server/wall.hpp"

#include <limits>
#include <nlohmann/json.hpp>

namespace dnstorm::board {
namespace {

using nlohmann::json;

constexpr WallLimits small{.slots = 2, .tracked_max = 8, .cold = 60 * ns_per_s};

json state(const Wall& wall) {
  JsonWriter writer;
  wall.write_state(writer);
  return json::parse(writer.text());
}

json moves(Wall& wall) {
  JsonWriter writer;
  return wall.write_moves(writer) ? json::parse(writer.text()) : json();
}

json delta(Wall& wall) {
  JsonWriter writer;
  wall.write_delta(writer);
  return json::parse(writer.text());
}

// The names in the cells, in the order of the cells; "-" where one is empty.
std::vector<std::string> owners(const Wall& wall) {
  std::vector<std::string> names;
  const json now = state(wall);
  for (const json& slot : now["slots"])
    names.push_back(slot.is_null() ? "-" : slot[0].get<std::string>());
  return names;
}

using Names = std::vector<std::string>;

TEST(Wall, fills_cells_by_count_then_by_name) {
  Wall wall({.slots = 4, .tracked_max = 8, .cold = ns_per_s});
  wall.add("b", 5, 0);
  wall.add("c", 9, 0);
  wall.add("a", 5, 0);
  wall.settle(0);
  EXPECT_EQ(owners(wall), (Names{"c", "a", "b", "-"}));
  EXPECT_TRUE(wall.has_free_slot());
}

TEST(Wall, tells_a_new_owner_once_with_its_count_and_then_only_increments) {
  Wall wall(small);
  wall.add("a", 5, 0);
  wall.settle(0);
  EXPECT_EQ(moves(wall), json::parse(R"([0,"a",5,0])"));
  EXPECT_EQ(delta(wall)["add"], json::array());
  wall.add("a", 2, 1);
  wall.add("a", 1, 1);
  EXPECT_EQ(moves(wall), json());
  EXPECT_EQ(delta(wall), json::parse(R"({"add":[0,3],"total":8,"keys":1,"overflow":false})"));
  EXPECT_FALSE(wall.has_news());
}

TEST(Wall, state_is_as_of_the_last_delta) {
  Wall wall(small);
  wall.add("a", 5, 0);
  wall.settle(0);
  moves(wall);
  wall.add("a", 2, 1);
  EXPECT_EQ(state(wall)["slots"][0][1], 5);
  delta(wall);
  EXPECT_EQ(state(wall)["slots"][0][1], 7);
}

TEST(Wall, an_owner_keeps_its_cell_while_it_is_in_the_first_2k) {
  Wall wall(small);
  wall.add("a", 10, 0);
  wall.add("b", 9, 0);
  wall.settle(0);
  wall.add("c", 20, 1);
  wall.add("d", 19, 1);
  wall.settle(1);
  EXPECT_EQ(owners(wall), (Names{"a", "b"}));
  wall.add("e", 18, 2);  // pushes b out of the first four; a is still fourth
  wall.settle(2);
  EXPECT_EQ(owners(wall), (Names{"a", "c"}));
}

TEST(Wall, a_cold_owner_gives_way_only_to_a_warm_key) {
  Wall wall(small);
  wall.add("a", 10, 0);
  wall.add("b", 9, 0);
  wall.add("c", 1, 0);
  wall.settle(0);
  wall.settle(100 * ns_per_s);  // all are cold: nobody moves
  EXPECT_EQ(owners(wall), (Names{"a", "b"}));
  wall.add("b", 1, 100 * ns_per_s);
  wall.add("c", 1, 100 * ns_per_s);
  wall.settle(100 * ns_per_s);
  EXPECT_EQ(owners(wall), (Names{"c", "b"}));
}

TEST(Wall, a_taken_cell_forgets_what_its_old_owner_had_not_told) {
  Wall wall({.slots = 1, .tracked_max = 8, .cold = 60 * ns_per_s});
  wall.add("a", 10, 0);
  wall.settle(0);
  moves(wall);
  wall.add("a", 1, 1);
  wall.add("b", 30, 2);
  wall.add("c", 20, 2);
  wall.settle(2);
  EXPECT_EQ(moves(wall), json::parse(R"([0,"b",30,0])"));
  EXPECT_EQ(delta(wall)["add"], json::array());
  wall.add("b", 4, 3);
  EXPECT_EQ(delta(wall)["add"], json::parse("[0,4]"));
}

TEST(Wall, memory_is_bounded_and_later_keys_say_at_least) {
  Wall wall(small);
  wall.add("first", 100, 0);
  wall.settle(0);
  for (int i = 0; i < 1000; ++i) wall.add("noise" + std::to_string(i), 1, 1);
  EXPECT_LE(wall.tracked(), 2 * small.tracked_max);
  wall.add("late", 50, 2);
  wall.settle(2);
  const json now = state(wall);
  EXPECT_EQ(now["slots"][0], json::parse(R"(["first",100,0])"));
  EXPECT_EQ(now["slots"][1], json::parse(R"(["late",50,1])"));
  EXPECT_EQ(now["total"], 1150) << "the sum is exact whatever was forgotten";
  EXPECT_EQ(now["overflow"], true);
}

TEST(Wall, tells_when_a_key_was_first_seen_once_it_is_old_enough_to_know) {
  constexpr TimeNs minute = 60 * ns_per_s;
  Wall wall({.slots = 3, .tracked_max = 8});
  wall.add("a", 5, 0, 1'000 * ns_per_s);
  wall.add("b", 4, minute - 1, 1'059 * ns_per_s);
  wall.add("c", 3, minute, 1'060 * ns_per_s);
  wall.settle(minute);
  EXPECT_EQ(moves(wall), json::parse(R"([0,"a",5,0,1,"b",4,0,2,"c",3,1060000])"));
  EXPECT_EQ(state(wall)["slots"][2], json::parse(R"(["c",3,1060000])"));
}

TEST(Wall, calls_nothing_new_that_it_may_have_forgotten) {
  Wall wall({.slots = 1, .tracked_max = 4, .settled_in = 0});
  for (int i = 0; i < 20; ++i) wall.add("noise" + std::to_string(i), 1, i, ns_per_s);
  wall.add("late", 50, 30, 2 * ns_per_s);
  wall.settle(30);
  EXPECT_EQ(moves(wall), json::parse(R"([0,"late",50,1])"));
}

TEST(Wall, what_is_cold_is_forgotten_first) {
  Wall wall(small);
  wall.add("old", 1000, 0);
  for (int i = 0; i < 40; ++i) wall.add("new" + std::to_string(i), 2, 90 * ns_per_s);
  wall.add("old", 1, 90 * ns_per_s);
  wall.settle(90 * ns_per_s);
  for (const std::string& owner : owners(wall)) EXPECT_NE(owner, "old");
}

TEST(Wall, does_not_count_what_is_no_number) {
  Wall wall(small);
  wall.add("a", -1, 0);
  wall.add("a", 0, 0);
  wall.add("a", std::numeric_limits<double>::quiet_NaN(), 0);
  wall.add("a", std::numeric_limits<double>::infinity(), 0);
  EXPECT_EQ(wall.total(), 0);
  EXPECT_EQ(wall.tracked(), 0u);
}

TEST(Wall, cuts_a_key_that_no_name_can_be) {
  Wall wall(small);
  wall.add(std::string(100'000, 'x'), 1, 0);
  wall.settle(0);
  EXPECT_EQ(owners(wall)[0].size(), key_bytes_max);
}

json trail(const Wall& wall, std::size_t slot, TimeNs now) {
  JsonWriter writer;
  writer.begin_object();
  if (!wall.write_trail(writer, slot, now)) return {};
  return json::parse(writer.end_object().text());
}

TEST(Wall, remembers_how_a_cell_grew_in_steps_and_forgets_it_with_its_owner) {
  Wall wall(small);
  wall.add("a", 1, 0);
  wall.add("b", 1, 0);
  wall.settle(0);
  wall.add("a", 4, trail_step);
  wall.add("a", 2, 3 * trail_step);
  wall.add("a", 1, 4 * trail_step - 1);
  const json grew = trail(wall, 0, 4 * trail_step);
  EXPECT_EQ(grew["key"], "a");
  ASSERT_EQ(grew["bins"].size(), trail_steps);
  const std::vector<int> newest(grew["bins"].end() - 5, grew["bins"].end());
  EXPECT_EQ(newest, (std::vector<int>{0, 4, 0, 3, 0}));
  const DurationNs round = trail_step * static_cast<DurationNs>(trail_steps);
  const json later = trail(wall, 0, round + 3 * trail_step);
  EXPECT_EQ(later["bins"], json(std::vector<int>(trail_steps, 0)))
      << "what is older than all steps has gone";
}

}  // namespace
}  // namespace dnstorm::board
