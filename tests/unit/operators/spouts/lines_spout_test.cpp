#include "operators/spouts/lines_spout.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/operators/spout_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using testing::SpoutHarness;

class Lines : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("dnstorm-lines-{}", ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& content) {
    std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(Lines, come_without_their_ends_file_after_file) {
  SpoutHarness spout(lines_operator(),
                     {{"file", {file("a", "one\r\n\ntwo"), file("b", "three\n")}}}, {"line"});
  ASSERT_TRUE(spout.run().ok());
  EXPECT_THAT(spout.rows, ElementsAre("one", "", "two", "three"));
}

TEST_F(Lines, come_again_as_often_as_asked) {
  SpoutHarness spout(lines_operator(), {{"file", {file("a", "x\ny\n")}}, {"repeat", {"3"}}},
                     {"line"});
  ASSERT_TRUE(spout.run().ok());
  EXPECT_THAT(spout.rows, ElementsAre("x", "y", "x", "y", "x", "y"));
}

TEST_F(Lines, without_end_go_on) {
  SpoutHarness spout(lines_operator(), {{"file", {file("a", "x\n")}}, {"repeat", {"0"}}}, {"line"});
  EXPECT_EQ(spout.next().value(), Spout::Next::more);
  EXPECT_EQ(spout.next().value(), Spout::Next::more);
  EXPECT_EQ(spout.rows.size(), 2 * batch_rows_max);
}

TEST_F(Lines, come_in_rounds_of_the_size_asked_for) {
  SpoutHarness spout(lines_operator(), {{"file", {file("a", "x\ny\nz\n")}}, {"batch", {"2"}}},
                     {"line"});
  EXPECT_EQ(spout.next().value(), Spout::Next::more);
  EXPECT_THAT(spout.rows, ElementsAre("x", "y"));
  EXPECT_EQ(spout.next().value(), Spout::Next::end);
  EXPECT_THAT(spout.rows, ElementsAre("x", "y", "z"));
}

TEST_F(Lines, a_file_that_is_not_there_is_named) {
  std::string missing = folder_ / "missing";
  SpoutHarness first(lines_operator(), {{"file", {missing}}}, {"line"});
  ASSERT_FALSE(first.opened.ok());
  EXPECT_EQ(first.opened.error().what,
            missing + " cannot be opened: No such file or directory: correct `file`");
  SpoutHarness second(lines_operator(), {{"file", {file("a", "x\n"), missing}}}, {"line"});
  auto result = second.run();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::no_input);
  EXPECT_THAT(second.rows, ElementsAre("x")) << "what was read before counts";
}

}  // namespace
}  // namespace dnstorm::operators
