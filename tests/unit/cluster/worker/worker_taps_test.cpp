#include "cluster/worker/worker_taps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeTap final : public RowTap {
 public:
  FakeTap(const std::string& edge, int& open) : edge_(edge), open_(open) { ++open_; }
  ~FakeTap() override { --open_; }
  std::string take() override { return std::exchange(ended_, false) ? "end\n" : edge_ + "\n"; }
  void end() override { ended_ = true; }

 private:
  std::string edge_;
  bool ended_ = false;
  int& open_;
};

class WorkerTapsTest : public ::testing::Test {
 protected:
  void order(const std::string& id, TimeNs now, const std::string& edge = "rows") {
    taps.take({id, "dns-1-1", edge, "", 10}, plan, now);
  }
  std::vector<std::string> take_said() { return std::exchange(said, {}); }

  plan::Plan plan;
  int open = 0;
  std::vector<std::string> said;
  std::vector<std::string> logged;
  WorkerTaps taps{
      [this](const plan::Plan&, const TapOrder& order) -> Result<std::unique_ptr<RowTap>> {
        if (order.edge == "nowhere") return Error{ErrorKind::usage, "no such edge", ""};
        return std::unique_ptr<RowTap>(std::make_unique<FakeTap>(order.edge, open));
      },
      {[this](const std::string& id, const std::string& text) { said.push_back(id + " " + text); },
       [this](const std::string& level, const std::string& text) {
         logged.push_back(level + ": " + text);
       }}};
};

TEST_F(WorkerTapsTest, AreOpenAsLongAsOrdersCome) {
  order("1", 0);
  EXPECT_EQ(open, 1);
  taps.look(ns_per_s);
  order("1", 2 * ns_per_s);
  taps.look(4 * ns_per_s);
  EXPECT_EQ(open, 1);
  EXPECT_THAT(take_said(), ElementsAre("1 rows\n", "1 rows\n"));
  taps.look(5 * ns_per_s);
  EXPECT_EQ(open, 0);
  EXPECT_THAT(take_said(), ElementsAre("1 end\n"));
  EXPECT_THAT(logged,
              ElementsAre("info: a tap on rows is opened", "info: the tap on rows is closed"));
}

TEST_F(WorkerTapsTest, EndWithTheRun) {
  order("1", 0);
  order("2", 0);
  taps.end();
  EXPECT_EQ(open, 0);
  EXPECT_THAT(take_said(), ElementsAre("1 end\n", "2 end\n"));
  taps.end();
  taps.look(0);
  EXPECT_THAT(take_said(), IsEmpty());
}

TEST_F(WorkerTapsTest, SayOnceWhatCannotBeOpened) {
  order("1", 0, "nowhere");
  order("1", ns_per_s, "nowhere");
  taps.look(ns_per_s);
  taps.end();
  EXPECT_THAT(take_said(), IsEmpty());
  EXPECT_THAT(logged, ElementsAre("warning: no such edge"));
}

TEST_F(WorkerTapsTest, AreNotMoreThanALimit) {
  for (int i = 0; i < 12; ++i) order(std::to_string(i), 0);
  EXPECT_EQ(open, 8);
  EXPECT_EQ(logged.back(),
            "warning: a tap on rows is not opened: there are 8 already, which is the limit");
}

}  // namespace
}  // namespace dnstorm::cluster
