#include "engine/runtime/executor.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "engine/testkit/simulator.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Passes on every sixth batch only.
class SixthBolt final : public Bolt {
 public:
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch& in, Emitter& out) override {
    if (++batches_ % 6 == 0) out.forward(0, in.batch, in.selection);
  }

 private:
  int batches_ = 0;
};

// A source with a bolt chained to it, and what they send to a sink of another executor.
class HeldEvents : public ::testing::Test {
 protected:
  HeldEvents() {
    build_.credits(8);
    build_.spout("s", [] { return std::make_unique<NumberSpout>(NumberSettings{.rounds = 7}); });
    build_.bolt("sixth", {{"s", GroupingType::local_or_shuffle}},
                [] { return std::make_unique<SixthBolt>(); });
    build_.bolt("sink", {{"sixth", GroupingType::global}},
                [this] { return std::make_unique<CollectSink>(collected_); });
    build_.chain();
    wiring_ = wire(build_.plan());
    setup_.plan = &build_.plan();
    setup_.wiring = &wiring_;
    setup_.clock = &clock_;
    setup_.send.event = [this](const Event& event) { sent_.push_back(told(event)); };
    setup_.send.events = [this](const Events& events) {
      std::string rounds;
      for (const Event& event : events.all) rounds += told(event);
      sent_.push_back(rounds);
    };
    executor_ = std::make_unique<Executor>(setup_, wiring_.executors[0]);
    EXPECT_TRUE(executor_->prepare().ok());
  }
  // "3" closes round 3 and no more, "2r" has rows, "7." is the last one.
  static std::string told(const Event& event) {
    return fmt::format("{}{}{} ", event.round, event.batch ? "r" : "", event.last ? "." : "");
  }
  std::vector<std::string> after_turns(int turns) {
    for (int i = 0; i < turns; ++i) EXPECT_TRUE(executor_->pump().ok());
    return std::exchange(sent_, {});
  }

  PlanBuilder build_;
  Collected collected_;
  Wiring wiring_;
  testkit::SimClock clock_;
  TaskSetup setup_;
  std::vector<std::string> sent_;
  std::unique_ptr<Executor> executor_;
};

TEST_F(HeldEvents, go_out_at_once_where_nobody_holds_them) {
  EXPECT_THAT(after_turns(6), ElementsAre("0 ", "1 ", "2 ", "3 ", "4 ", "5r "));
}

TEST_F(HeldEvents, go_before_half_of_the_credits_are_used) {
  executor_->hold();
  EXPECT_THAT(after_turns(3), IsEmpty());
  EXPECT_THAT(after_turns(1), ElementsAre("0 1 2 3 "));
}

TEST_F(HeldEvents, go_before_rows_and_before_the_end) {
  executor_->hold();
  EXPECT_THAT(after_turns(8), ElementsAre("0 1 2 3 ", "4 ", "5r ", "6 ", "7. "));
}

TEST_F(HeldEvents, go_when_whoever_holds_them_stops) {
  executor_->hold();
  EXPECT_THAT(after_turns(2), IsEmpty());
  executor_->release();
  EXPECT_THAT(std::exchange(sent_, {}), ElementsAre("0 1 "));
  EXPECT_THAT(after_turns(1), ElementsAre("2 "));
}

}  // namespace
}  // namespace dnstorm::runtime::testing
