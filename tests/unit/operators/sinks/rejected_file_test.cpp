#include "operators/sinks/rejected_file.hpp"

#include <gtest/gtest.h>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;

std::vector<RefusedLine> refused() {
  return {{"a f=1i 1\n", "too old"}, {"b f=1i 1\n", "too old"}, {"c f=1i 1\n", "odd"}};
}
constexpr const char* listed = "# too old\na f=1i 1\nb f=1i 1\n# odd\nc f=1i 1\n";

TEST(RejectedFile, lists_lines_under_their_reason) {
  TemporaryFolder folder;
  RejectedFile file(folder.path_of("r.lp"));
  EXPECT_TRUE(file.append(refused()));
  EXPECT_EQ(folder.read("r.lp"), listed);
}

TEST(RejectedFile, goes_on_over_runs_and_stays_bounded) {
  TemporaryFolder folder;
  for (int run = 0; run < 5; ++run) {
    RejectedFile file(folder.path_of("r.lp"), 80);
    EXPECT_TRUE(file.append(refused()));
  }
  EXPECT_EQ(folder.read("r.lp.old"), std::string(listed) + listed);
  EXPECT_EQ(folder.read("r.lp"), listed);
}

TEST(RejectedFile, says_when_it_cannot_be_written) {
  RejectedFile file("/nowhere/r.lp");
  EXPECT_FALSE(file.append(refused()));
  EXPECT_EQ(file.problem(), "/nowhere/r.lp: No such file or directory");
}

}  // namespace
}  // namespace dnstorm::operators
