#include "operators/sinks/discard.hpp"

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::TaskHarness;

TEST(Discard, counts_rows_and_reads_every_field) {
  TaskHarness task(discard_operator(), {}, {{"word", Type::str}, {"n", Type::u16}});
  EXPECT_EQ(task.declaration.reads[0], (std::vector<std::string>{"word", "n"}));
  task.feed({{"a", "1"}, {"b", "2"}});
  task.feed({{"c", "3"}});
  EXPECT_EQ(task.counter("discarded"), 3u);
}

}  // namespace
}  // namespace dnstorm::operators
