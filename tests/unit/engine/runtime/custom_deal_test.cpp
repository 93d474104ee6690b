// A custom grouping in the router.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/output_router.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The tasks that the digits of a row's number name.
class Digits final : public Grouping {
 public:
  void prepare(const GroupingContext& context) override {
    seq_ = context.schema->ref<std::uint64_t>("seq");
  }
  void choose(const RowView& row, std::vector<std::uint32_t>& tasks) const override {
    for (char digit : std::to_string(row.get(seq_)))
      tasks.push_back(static_cast<std::uint32_t>(digit - '0'));
  }

 private:
  FieldRef<std::uint64_t> seq_;
};

class CustomDeal : public ::testing::Test {
 protected:
  CustomDeal() {
    def.name = "digits";
    def.make = [](const Options&) { return std::make_unique<Digits>(); };
    TaskWiring task;
    task.origins = {0};
    Subscription subscription{GroupingType::custom, {}, 0, {0, 1, 2}};
    subscription.custom = std::make_shared<const runtime::CustomDeal>(
        runtime::CustomDeal{{&def, {}}, {"a", "default", row_schema(), 0, "b", 3}});
    for (std::uint32_t t = 0; t < 3; ++t) task.out_edges.push_back({t, 0});
    task.streams = {{subscription}};
    router.emplace(task, std::vector<SchemaPtr>{row_schema()}, OutputRouter::Limits{},
                   [this](Event event) { sent.push_back(std::move(event)); });
  }
  void round(const std::vector<std::uint64_t>& numbers, SelectionPtr selection = nullptr) {
    std::vector<TestRow> rows;
    for (std::uint64_t number : numbers) rows.push_back({0, number, 0});
    router->enter_round(0, next++);
    router->deliver(0, make_batch(rows), std::move(selection));
    router->end_round({});
  }
  std::vector<std::uint64_t> numbers_of(TaskIndex task) const {
    std::vector<std::uint64_t> numbers;
    for (const Event& event : sent)
      if (event.to == task)
        for (const TestRow& row : read_rows(event.batch, event.selection))
          numbers.push_back(row.seq);
    return numbers;
  }
  GroupingDef def;
  std::optional<OutputRouter> router;
  std::vector<Event> sent;
  std::uint64_t next = 0;
};

TEST_F(CustomDeal, gives_a_row_to_every_task_that_is_named_in_the_order_of_the_rows) {
  round({1, 20, 21, 0, 2});
  EXPECT_THAT(numbers_of(0), ElementsAre(20, 0));
  EXPECT_THAT(numbers_of(1), ElementsAre(1, 21));
  EXPECT_THAT(numbers_of(2), ElementsAre(20, 21, 2));
  for (const Event& event : sent) EXPECT_EQ(event.batch, sent[0].batch) << "no row is copied";
}

TEST_F(CustomDeal, names_a_task_twice_and_gives_it_once) {
  round({11, 112});
  EXPECT_THAT(numbers_of(1), ElementsAre(11, 112));
  EXPECT_THAT(numbers_of(2), ElementsAre(112));
  EXPECT_EQ(router->rows_sent(1), 2u);
}

TEST_F(CustomDeal, passes_a_batch_of_one_task_on_whole) {
  round({2, 2, 2});
  EXPECT_EQ(sent[2].selection, nullptr);
  EXPECT_THAT(numbers_of(2), SizeIs(3));
  EXPECT_THAT(numbers_of(0), IsEmpty());
}

TEST_F(CustomDeal, respects_a_selection) {
  round({0, 1, 2, 10}, std::make_shared<const Selection>(Selection{1, 3}));
  EXPECT_THAT(numbers_of(0), ElementsAre(10));
  EXPECT_THAT(numbers_of(1), ElementsAre(1, 10));
  EXPECT_THAT(numbers_of(2), IsEmpty());
}

using CustomDealDeathTest = CustomDeal;
TEST_F(CustomDealDeathTest, refuses_a_task_that_is_not_there) {
  EXPECT_DEATH(round({3}), "names a task that is not there.*3");
}

}  // namespace
}  // namespace dnstorm::runtime::testing
