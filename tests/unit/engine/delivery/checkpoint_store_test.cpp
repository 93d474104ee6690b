#include "engine/delivery/checkpoint_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/api/batch.hpp"
#include "engine/api/state.hpp"

namespace dnstorm::delivery {
namespace {

namespace fs = std::filesystem;

class CheckpointStoreTest : public ::testing::Test {
 protected:
  CheckpointStoreTest() {
    std::string name = (fs::temp_directory_path() / "dnstorm-checkpoints-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~CheckpointStoreTest() override { fs::remove_all(folder_); }
  CheckpointStore open(std::uint64_t fingerprint = 7) {
    auto store = CheckpointStore::open(folder_, fingerprint);
    EXPECT_TRUE(store.ok());
    return std::move(*store);
  }
  std::string file(int number) const {
    return fmt::format("{}/checkpoint-{:012}", folder_, number);
  }
  std::string folder_;
};

TEST_F(CheckpointStoreTest, gives_back_the_newest) {
  auto store = open();
  EXPECT_TRUE(store.empty());
  EXPECT_FALSE(store.newest()->checkpoint);
  ASSERT_TRUE(store.write({9, {"old", ""}}).ok());
  ASSERT_TRUE(store.write({10, {"a", std::string(100'000, '\0')}}).ok());
  auto newest = open().newest();
  ASSERT_TRUE(newest.ok());
  ASSERT_TRUE(newest->checkpoint);
  EXPECT_EQ(newest->checkpoint->number, 10u);
  EXPECT_EQ(newest->checkpoint->states,
            (std::vector<std::string>{"a", std::string(100'000, '\0')}));
}

TEST_F(CheckpointStoreTest, keeps_two) {
  auto store = open();
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(store.write({n, {"x"}}).ok());
  EXPECT_FALSE(fs::exists(file(3)));
  EXPECT_TRUE(fs::exists(file(4)));
  EXPECT_TRUE(fs::exists(file(5)));
}

TEST_F(CheckpointStoreTest, passes_over_a_damaged_one_and_says_so) {
  auto store = open();
  ASSERT_TRUE(store.write({1, {"good"}}).ok());
  ASSERT_TRUE(store.write({2, {"bad"}}).ok());
  fs::resize_file(file(2), fs::file_size(file(2)) - 1);
  auto newest = store.newest();
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(newest->checkpoint->states[0], "good");
  ASSERT_EQ(newest->damaged.size(), 1u);
  EXPECT_NE(newest->damaged[0].find("damaged"), std::string::npos);
  std::fstream(file(1), std::ios::in | std::ios::out).seekp(40).put('!');
  EXPECT_FALSE(store.newest()->checkpoint);
}

TEST_F(CheckpointStoreTest, refuses_one_of_another_topology) {
  ASSERT_TRUE(open(7).write({1, {"x"}}).ok());
  auto newest = open(8).newest();
  ASSERT_FALSE(newest.ok());
  EXPECT_EQ(newest.error().kind, ErrorKind::config);
  EXPECT_NE(newest.error().what.find("another topology"), std::string::npos);
}

TEST_F(CheckpointStoreTest, says_how_many_tasks_had_the_states) {
  const TaskLayout layout = {{"packets", 1}, {"names", 3}};
  auto store = CheckpointStore::open(folder_, 7, layout);
  ASSERT_TRUE(store->write({1, {"p", "a", "b", "c"}}).ok());
  auto other = CheckpointStore::open(folder_, 7, {{"packets", 1}, {"names", 2}});
  auto newest = other->newest();
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(newest->layout, layout);
}

TEST_F(CheckpointStoreTest, refuses_one_of_another_version) {
  StateWriter out;
  out.put(std::uint64_t{0x4b48'4353'4e44'0001});
  out.put_bytes("whatever it was");
  std::string bytes = out.take();
  out.put(hash_bytes(bytes));
  std::ofstream(file(3), std::ios::binary) << bytes << out.take();
  auto newest = open().newest();
  ASSERT_FALSE(newest.ok());
  EXPECT_NE(newest.error().what.find("another version"), std::string::npos);
}

TEST_F(CheckpointStoreTest, clears_only_what_is_its_own) {
  auto store = open();
  ASSERT_TRUE(store.write({1, {"x"}}).ok());
  std::ofstream(folder_ + "/checkpoint-notes") << "mine";
  ASSERT_TRUE(store.clear().ok());
  EXPECT_TRUE(store.empty());
  EXPECT_TRUE(fs::exists(folder_ + "/checkpoint-notes"));
}

TEST_F(CheckpointStoreTest, a_folder_that_cannot_be_is_one_sentence) {
  std::ofstream(folder_ + "/file") << "x";
  auto store = CheckpointStore::open(folder_ + "/file", 1);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace dnstorm::delivery
