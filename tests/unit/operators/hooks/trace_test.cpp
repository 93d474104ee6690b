#include "operators/hooks/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr, ::testing::internal::GetCapturedStderr;

class TraceTest : public ::testing::Test {
 protected:
  TraceTest() {
    auto view = std::make_shared<TopologyView>();
    view->components.push_back({"pass", 1, 2, {{"default", {}}, {"late", {}}}});
    task.component = "pass";
    task.task_index = 1;
    task.view = view;
    task.clock = &clock;
    task.inputs.push_back({"words", "default", nullptr});
    task.inputs.push_back({"words", "rest", nullptr});
    hook->prepare(task);
  }
  TaskHook::Rows rows(std::size_t stream, std::uint32_t count) const {
    return {stream, *batch, nullptr, count};
  }

  StillClock clock;
  TaskContext task;
  BatchPtr batch = BatchBuilder(std::make_shared<const Schema>()).seal();
  std::unique_ptr<TaskHook> hook = trace_hook().make();
};

TEST_F(TraceTest, names_task_stream_and_rows) {
  CaptureStderr();
  hook->executed(rows(1, 7), 3500);
  hook->emitted(rows(1, 5));
  hook->bolt_failed(1);
  hook->cleanup();
  EXPECT_EQ(GetCapturedStderr(),
            "trace: pass/1 has worked off 7 rows of words:rest in 3 us\n"
            "trace: pass/1 emits 5 rows on late\n"
            "trace: pass/1 fails 1\n"
            "trace: pass/1 has ended: 7 rows worked off, 5 emitted, 0 lines not shown\n");
}

TEST_F(TraceTest, tells_ten_lines_a_second) {
  CaptureStderr();
  for (int i = 0; i < 100; ++i) hook->emitted(rows(0, 1));
  clock.now += ns_per_s;
  hook->emitted(rows(0, 1));
  hook->cleanup();
  std::string told = GetCapturedStderr();
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 12);
  EXPECT_THAT(told, HasSubstr("101 emitted, 90 lines not shown"));
}

}  // namespace
}  // namespace dnstorm::operators::testing
