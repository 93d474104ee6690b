// Checkpoints in a real Redis.
#include "cluster/redis/checkpoint_redis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cluster/redis/redis_server.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::HasSubstr;

StoredCheckpoint make(std::uint64_t number, std::size_t size = 10) {
  StoredCheckpoint stored;
  stored.fingerprint = 42 + number;
  stored.note.layout = {{"packets", 1, 1, true, {"capture", "", true, {}}, {}},
                        {"count", 2, 1, false, {"", "n1", false, {"packets"}}, {"packets"}}};
  stored.note.assignment = {3, {{{"capture", 1}}, {}}, {"n1", "n2"}, {{"capture", {"n1"}}}};
  stored.checkpoint = {number, {std::string(size, '\0'), "b", ""}};
  return stored;
}

TEST(RedisAddress, IsRead) {
  auto address = parse_redis_address("redis://db.example:6380/12");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "db.example");
  EXPECT_EQ(address->port, 6380);
  EXPECT_EQ(address->database, 12);
  EXPECT_EQ(parse_redis_address("redis://10.0.0.1")->port, 6379);
  EXPECT_EQ(parse_redis_address("redis://[2001:db8::1]")->host, "2001:db8::1");
  EXPECT_EQ(parse_redis_address("redis://[2001:db8::1]:7000/0")->port, 7000);
  for (const char* wrong : {"redis://", "redis://h:0", "redis://h:x", "redis://h/x", "redis://h/-1",
                            "redis://:secret@h", "http://h", "redis://[::1", "redis://h:70000"})
    EXPECT_FALSE(parse_redis_address(wrong)) << wrong;
}

class CheckpointRedisTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!RedisServer::installed()) GTEST_SKIP() << "redis-server is not installed";
    server_ = std::make_unique<RedisServer>();
    open();
  }
  void open() {
    auto opened = CheckpointRedis::open(server_->address() + "/3", "lab", "");
    ASSERT_TRUE(opened.ok()) << opened.error().what;
    store_ = std::move(*opened);
  }
  std::uint64_t number(std::uint64_t last = UINT64_MAX) {
    auto found = store_->read("t-1-2", last);
    EXPECT_TRUE(found.ok());
    return found->checkpoint ? found->checkpoint->checkpoint.number : 0;
  }
  std::unique_ptr<RedisServer> server_;
  std::unique_ptr<CheckpointRedis> store_;
};

TEST_F(CheckpointRedisTest, GivesBackWhatWasWritten) {
  EXPECT_EQ(number(), 0U);
  ASSERT_TRUE(store_->write("t-1-2", make(5, 3'000'000)).ok());
  open();
  auto found = store_->read("t-1-2");
  ASSERT_TRUE(found.ok() && found->checkpoint);
  EXPECT_EQ(found->checkpoint->fingerprint, 47U);
  EXPECT_EQ(found->checkpoint->checkpoint.number, 5U);
  EXPECT_EQ(found->checkpoint->checkpoint.states, make(5, 3'000'000).checkpoint.states);
  EXPECT_EQ(found->checkpoint->note.assignment, make(5).note.assignment);
  EXPECT_EQ(found->checkpoint->note.layout.size(), 2U);
}

TEST_F(CheckpointRedisTest, KeepsTwoAndFindsTheOneThatIsAskedFor) {
  for (std::uint64_t n : {3U, 9U, 10U}) ASSERT_TRUE(store_->write("t-1-2", make(n)).ok());
  EXPECT_EQ(number(), 10U);
  EXPECT_EQ(number(9), 9U);
  EXPECT_EQ(number(8), 0U);
  ASSERT_TRUE(store_->write("t-1-2", make(4)).ok());  // of one that has led
  EXPECT_EQ(number(8), 0U);
  EXPECT_EQ(number(), 10U);
}

TEST_F(CheckpointRedisTest, RemovesOneTopologyAndNoOther) {
  ASSERT_TRUE(store_->write("t-1-2", make(1)).ok());
  ASSERT_TRUE(store_->write("t-1", make(2)).ok());
  ASSERT_TRUE(store_->remove("t-1").ok());
  ASSERT_TRUE(store_->remove("t-1").ok());
  EXPECT_EQ(number(), 1U);
  EXPECT_FALSE(store_->read("t-1")->checkpoint);
}

TEST_F(CheckpointRedisTest, GoesOnWhenTheServerIsBack) {
  ASSERT_TRUE(store_->write("t-1-2", make(1)).ok());
  server_->kill();
  auto written = store_->write("t-1-2", make(2));
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(written.error().what, HasSubstr("checkpoints cannot be kept there"));
  server_->start();
  ASSERT_TRUE(store_->write("t-1-2", make(3)).ok());
  EXPECT_EQ(number(), 3U);
  // A restart between two calls is not even noticed.
  server_->kill();
  server_->start();
  EXPECT_TRUE(store_->write("t-1-2", make(4)).ok());
}

TEST_F(CheckpointRedisTest, SaysWhatIsWrongAtTheBeginning) {
  auto database = CheckpointRedis::open(server_->address() + "/999", "lab", "");
  ASSERT_FALSE(database.ok());
  EXPECT_THAT(database.error().what, HasSubstr("DB index is out of range"));
  auto password = CheckpointRedis::open(server_->address(), "lab", "secret");
  ASSERT_FALSE(password.ok());
  server_->kill();
  auto away = CheckpointRedis::open(server_->address(), "lab", "");
  ASSERT_FALSE(away.ok());
  EXPECT_THAT(away.error().what, HasSubstr("Connection refused"));
  RedisServer guarded("secret");
  EXPECT_FALSE(CheckpointRedis::open(guarded.address(), "lab", "").ok());
  EXPECT_TRUE(CheckpointRedis::open(guarded.address(), "lab", "secret").ok());
}

}  // namespace
}  // namespace dnstorm::cluster
