#include "operators/sinks/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::TaskHarness;

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    std::string name = (std::filesystem::temp_directory_path() / "dnstorm-log-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~LogTest() override { std::filesystem::remove_all(folder_); }
  std::string written() const {
    std::ifstream file(folder_ + "/rows.txt");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::string folder_;
};

TEST_F(LogTest, writes_every_row_in_a_line) {
  const std::vector<Field> fields = {{"time", Type::time, Role::time}, {"word", Type::str}};
  {
    TaskHarness task(log_operator(), {{"file", {folder_ + "/rows.txt"}}}, fields);
    task.feed({{"1s", "plain"}, {"2s", "two\nlines \"quoted\""}});
  }
  EXPECT_EQ(written(),
            "input: time=\"1970-01-01T00:00:01Z\" word=\"plain\"\n"
            "input: time=\"1970-01-01T00:00:02Z\" word=\"two\\u000alines \\\"quoted\\\"\"\n");
}

}  // namespace
}  // namespace dnstorm::operators
