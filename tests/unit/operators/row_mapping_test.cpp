#include "operators/row_mapping.hpp"

#include "operators/enrich/direction.hpp"
#include "tests/unit/operators/enrich/enrich_rows.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using testing::fields;
using testing::row;
using testing::TaskHarness;
using testing::TextRow;

// Every subset of neighbours: what is copied together must not run into something else.
TEST(RowMapping, copies_any_part_of_a_row) {
  TextRow cells = row("192.0.2.1", "2001:db8::1");
  for (std::size_t from = 0; from < fields.size(); ++from)
    for (std::size_t step = 1; step < 5; ++step) {
      std::vector<std::string> keep;
      std::string expected;
      for (std::size_t i = from; i < fields.size(); i += step) {
        keep.push_back(fields[i].name);
        expected += (expected.empty() ? "" : " ") + cells[i];
      }
      TaskHarness task(direction_operator(), {{"own", {"::1"}}}, fields, {.read_outputs = keep});
      task.feed({cells});
      EXPECT_THAT(task.take(), ElementsAre(expected));
    }
}

}  // namespace
}  // namespace dnstorm::operators
