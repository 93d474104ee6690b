#include "engine/runtime/resume.hpp"

#include <gmock/gmock.h>

#include "engine/api/bolt_state.hpp"
#include "engine/runtime/wiring.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Shape {
  std::uint32_t spouts = 1;
  std::uint32_t passes = 2;
  std::uint32_t windows = 2;
  std::uint32_t sinks = 1;
  GroupingType grouping = GroupingType::fields;
};

// What the tasks of a shape have saved, and what a plan of another makes of it.
class ResumeTest : public ::testing::Test {
 protected:
  static void build(PlanBuilder& build, const Shape& shape) {
    build.spout("in", [] { return std::make_unique<NumberSpout>(NumberSettings{}); },
                {.tasks = shape.spouts});
    build.bolt("pass", {{"in", GroupingType::shuffle}}, [] { return std::make_unique<PassBolt>(); },
               {.tasks = shape.passes, .state = StateScope::none});
    build.bolt("window", {{"pass", shape.grouping, {"name"}}},
               [] { return std::make_unique<WindowBolt>(10); },
               {.tasks = shape.windows, .state = StateScope::keyed});
    build.bolt("sink", {{"window", GroupingType::shuffle}},
               [] { return std::make_unique<PassBolt>(); }, {.tasks = shape.sinks});
  }
  static delivery::Checkpoint saved(const plan::Plan& plan) {
    delivery::Checkpoint checkpoint{5, {}};
    for (std::uint32_t task = 0; task < plan.task_count; ++task) {
      StateWriter out;
      delivery::TaskState{false, 3, {{"number", task}}}.write(out);
      BoltState{}.write(out);
      checkpoint.states.push_back(out.take());
    }
    return checkpoint;
  }
  static Result<delivery::Checkpoint> fit(const Shape& before, const Shape& after) {
    PlanBuilder then;
    PlanBuilder now;
    build(then, before);
    build(now, after);
    auto fitting = fit_to_tasks(saved(then.plan()), layout_of(then.plan()), now.plan());
    if (fitting.ok()) {
      EXPECT_EQ(fitting->states.size(), wire(now.plan()).tasks.size());
    }
    return fitting;
  }
  static std::uint64_t number_of(const std::string& state) {
    StateReader in(state);
    delivery::TaskState own;
    EXPECT_TRUE(own.read(in));
    return own.counters.empty() ? 99 : own.counters[0].second;
  }
  static std::string refusal(const Shape& before, const Shape& after) {
    auto fitting = fit(before, after);
    EXPECT_FALSE(fitting.ok());
    return fitting.ok() ? "" : fitting.error().what;
  }
};

TEST_F(ResumeTest, leaves_equal_numbers_of_tasks_as_they_are) {
  PlanBuilder then;
  build(then, {});
  auto fitting = fit({}, {});
  ASSERT_TRUE(fitting.ok());
  EXPECT_EQ(fitting->number, 5u);
  EXPECT_EQ(fitting->states, saved(then.plan()).states);
}

TEST_F(ResumeTest, divides_states_of_none_and_by_key_anew) {
  auto fitting = fit({}, {.passes = 1, .windows = 4});
  ASSERT_TRUE(fitting.ok());
  std::vector<std::uint64_t> numbers;
  for (const std::string& state : fitting->states) numbers.push_back(number_of(state));
  // spout, pass (1 + 2), windows (3 + 4 in the first of four), sink
  EXPECT_THAT(numbers, ElementsAre(0, 3, 7, 99, 99, 99, 5));
}

TEST_F(ResumeTest, refuses_what_belongs_to_a_task_and_says_whose_and_how_many) {
  EXPECT_THAT(refusal({.sinks = 2}, {.sinks = 1}),
              HasSubstr("'sink' has 2 tasks in the checkpoint and 1 task in the topology"));
  EXPECT_THAT(refusal({}, {.spouts = 3}),
              HasSubstr("'in' has 1 task in the checkpoint and 3 tasks in the topology"));
  EXPECT_THAT(refusal({.grouping = GroupingType::shuffle},
                      {.windows = 3, .grouping = GroupingType::shuffle}),
              HasSubstr("'window' has 2 tasks in the checkpoint and 3"));
}

TEST_F(ResumeTest, refuses_states_of_other_components) {
  PlanBuilder now;
  build(now, {});
  delivery::Checkpoint checkpoint = saved(now.plan());
  delivery::TaskLayout layout = layout_of(now.plan());
  layout[1].id = "other";
  EXPECT_FALSE(fit_to_tasks(checkpoint, layout, now.plan()).ok());
  layout = layout_of(now.plan());
  ++layout[1].tasks;
  EXPECT_FALSE(fit_to_tasks(checkpoint, layout, now.plan()).ok());
  EXPECT_FALSE(fit_to_tasks(checkpoint, {}, now.plan()).ok());
}

// A node goes, another comes: spouts as many as before, and not the same.
TEST_F(ResumeTest, gives_states_to_tasks_of_the_same_name) {
  PlanBuilder then;
  PlanBuilder now;
  build(then, {.spouts = 3});
  build(now, {.spouts = 3, .passes = 1});
  auto fitting =
      fit_states(saved(then.plan()).states, layout_of(then.plan()), {{"in", {"ams", "fra", "lon"}}},
                 now.plan(), {{"in", {"fra", "lon", "vie"}}});
  ASSERT_TRUE(fitting.ok());
  ASSERT_EQ(fitting->size(), wire(now.plan()).tasks.size());
  EXPECT_EQ(number_of((*fitting)[0]), 1u);
  EXPECT_EQ(number_of((*fitting)[1]), 2u);
  EXPECT_EQ((*fitting)[2], "");
  EXPECT_EQ(number_of((*fitting)[3]), 7u);  // passes 3 + 4
}

TEST_F(ResumeTest, grows_and_shrinks_with_the_names) {
  PlanBuilder two;
  PlanBuilder one;
  build(two, {.spouts = 2});
  build(one, {});
  TaskNames both{{"in", {"ams", "fra"}}};
  TaskNames last{{"in", {"fra"}}};
  auto fewer = fit_states(saved(two.plan()).states, layout_of(two.plan()), both, one.plan(), last);
  ASSERT_TRUE(fewer.ok());
  EXPECT_EQ(number_of(fewer->front()), 1u);
  auto more = fit_states(saved(one.plan()).states, layout_of(one.plan()), last, two.plan(), both);
  ASSERT_TRUE(more.ok());
  EXPECT_EQ((*more)[0], "");
  EXPECT_EQ(number_of((*more)[1]), 0u);
}

TEST_F(ResumeTest, refuses_other_numbers_of_names_than_of_tasks) {
  PlanBuilder plan;
  build(plan, {.spouts = 2});
  TaskNames names{{"in", {"ams", "fra"}}};
  auto refused = fit_states(saved(plan.plan()).states, layout_of(plan.plan()), {{"in", {"ams"}}},
                            plan.plan(), names);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("'in' has 2 tasks in the checkpoint for 1 nodes"));
  // Without names on one side, numbers must do.
  EXPECT_TRUE(
      fit_states(saved(plan.plan()).states, layout_of(plan.plan()), {}, plan.plan(), names).ok());
}

}  // namespace
}  // namespace dnstorm::runtime::testing
