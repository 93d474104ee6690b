#include "operators/spouts/system_spout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/system_view.hpp"
#include "tests/unit/operators/spout_harness.hpp"

namespace dnstorm::operators::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeSystem final : public SystemView {
 public:
  bool others_ended() const override { return ended; }
  void wait(DurationNs) const override {}
  bool metrics(const std::function<void(const TaskMetric&)>& use) const override {
    if (!tells) return false;
    use({"pass", 1, "executed", 12});
    return true;
  }
  bool ended = false;
  bool tells = true;
};

class SystemSpoutTest : public ::testing::Test, public Emitter::Outlet {
 protected:
  SystemSpoutTest() {
    OperatorDef def = system_operator();
    Options options =
        Options::parse(def.options, raw_options({{"tick", {"2s"}}, {"metrics", {"5s"}}})).value();
    Declaration declaration = def.declare(options, {}).value();
    for (const StreamDecl& stream : declaration.outputs)
      context_.outputs.push_back(std::make_shared<const Schema>(stream.fields));
    context_.clock = &clock;
    context_.system = &system;
    emitter_ = std::make_unique<Emitter>(context_.outputs, *this);
    spout_ = def.make_spout(options);
    EXPECT_TRUE(spout_->open(context_).ok());
  }
  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr) override {
    for (RowView row : Rows(*batch))
      rows.push_back(fmt::format("{} {}", stream, row_text(batch->schema(), row)));
  }
  Spout::Next at(TimeNs now) {
    clock.now = now;
    rows.clear();
    auto next = spout_->next(*emitter_);
    emitter_->flush();
    return next.value();
  }

  StillClock clock;
  FakeSystem system;
  std::vector<std::string> rows;
  TaskContext context_;
  std::unique_ptr<Emitter> emitter_;
  std::unique_ptr<Spout> spout_;
};

TEST_F(SystemSpoutTest, ticks_after_each_full_period_and_tells_the_numbers_after_theirs) {
  EXPECT_EQ(at(ns_per_s), Spout::Next::idle);
  EXPECT_THAT(rows, IsEmpty());
  EXPECT_EQ(at(2 * ns_per_s), Spout::Next::more);
  EXPECT_THAT(rows, ElementsAre("0 2s 2"));
  at(4 * ns_per_s);
  EXPECT_THAT(rows, ElementsAre("0 4s 2"));
  at(5 * ns_per_s);
  EXPECT_THAT(rows, ElementsAre("1 5s pass 1 executed 12"));
}

TEST_F(SystemSpoutTest, does_not_make_up_for_what_it_has_missed) {
  at(100 * ns_per_s);
  EXPECT_THAT(rows, ElementsAre("0 100s 2", "1 100s pass 1 executed 12"));
  EXPECT_EQ(at(101 * ns_per_s), Spout::Next::idle) << "one for all that were missed";
}

TEST_F(SystemSpoutTest, asks_again_when_the_numbers_cannot_be_told) {
  system.tells = false;
  at(5 * ns_per_s);
  EXPECT_THAT(rows, ElementsAre("0 5s 2"));
  system.tells = true;
  at(5 * ns_per_s + 1);
  EXPECT_THAT(rows, ElementsAre("1 5000000001ns pass 1 executed 12"));
}

TEST_F(SystemSpoutTest, tells_its_time_in_tenths_of_a_second_and_ends_with_the_others) {
  at(1234 * ns_per_ms);
  EXPECT_EQ(spout_->watermark(), 1200 * ns_per_ms);
  system.ended = true;
  EXPECT_EQ(at(2 * ns_per_s), Spout::Next::end);
}

}  // namespace
}  // namespace dnstorm::operators::testing
