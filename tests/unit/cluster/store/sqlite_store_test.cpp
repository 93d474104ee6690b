#include "cluster/store/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/sqlite/sqlite.hpp"
#include "tests/unit/cluster/file_size_limit.hpp"
#include "tests/unit/cluster/records.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::HasSubstr;

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open(path_);
    EXPECT_TRUE(store.ok()) << store.error().what;
    return store.ok() ? std::move(*store) : nullptr;
  }
  std::string refusal() {
    auto store = SqliteStore::open(path_);
    EXPECT_FALSE(store.ok());
    return store.ok() ? "" : store.error().what;
  }
  dnstorm::testing::TemporaryFolder folder_;
  std::string path_ = folder_.path_of("state/cluster.sqlite");
};

TEST_F(SqliteStoreTest, IsEmptyAtFirst) {
  auto store = open();
  EXPECT_EQ(*store->load(), StoredState{});
}

TEST_F(SqliteStoreTest, GivesBackWhatWasSaved) {
  StoredState expected = make_state();
  expected.topologies = {make_record("a-1-2"), make_record("b-2-3", 200'000)};
  {
    auto store = open();
    ASSERT_TRUE(store->save(make_record("b-2-3")).ok());
    ASSERT_TRUE(store->save(expected.topologies[1]).ok());
    ASSERT_TRUE(store->save(expected.topologies[0]).ok());
    ASSERT_TRUE(store->save(make_record("c-3-4")).ok());
    ASSERT_TRUE(store->save_cluster(StoredState{}).ok());
    ASSERT_TRUE(store->save_cluster(make_state()).ok());
    ASSERT_TRUE(store->remove("c-3-4").ok());
    ASSERT_TRUE(store->remove("unknown").ok());
    EXPECT_EQ(*store->load(), expected);
  }
  EXPECT_EQ(*open()->load(), expected);
}

TEST_F(SqliteStoreTest, BeginsEachTermOnce) {
  EXPECT_EQ(*open()->begin_term(), 1U);
  auto store = open();
  EXPECT_EQ(*store->begin_term(), 2U);
  {
    dnstorm::testing::FileSizeLimit full(0);
    EXPECT_FALSE(store->begin_term().ok());
  }
  EXPECT_EQ(*store->begin_term(), 3U);
}

TEST_F(SqliteStoreTest, BelongsToOneProcessAtATime) {
  auto store = open();
  EXPECT_THAT(refusal(), HasSubstr(path_ + ": another coordinator runs on it"));
  store.reset();
  open();
}

TEST_F(SqliteStoreTest, KeepsItsFilesToItself) {
  auto store = open();
  ASSERT_TRUE(store->save(make_record("a")).ok());
  struct stat status {};
  for (const std::string& name : {path_, path_ + "-wal"}) {
    ASSERT_EQ(::stat(name.c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
}

TEST_F(SqliteStoreTest, SaysThatItCannotWriteAndGoesOnOnceItCan) {
  auto store = open();
  ASSERT_TRUE(store->save(make_record("a")).ok());
  {
    dnstorm::testing::FileSizeLimit full(200'000);
    auto written = store->save(make_record("b", 1'000'000));
    ASSERT_FALSE(written.ok());
    EXPECT_THAT(written.error().what, HasSubstr(path_ + ": "));
  }
  EXPECT_EQ(store->load()->topologies.size(), 1U);
  ASSERT_TRUE(store->save(make_record("b", 1'000'000)).ok());
  EXPECT_EQ(store->load()->topologies.size(), 2U);
}

TEST_F(SqliteStoreTest, RefusesWhatIsNotItsFile) {
  std::filesystem::create_directories(folder_.path_of("state"));
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_THAT(refusal(), HasSubstr(path_ + ": is damaged, or no SQLite file"));
  std::filesystem::remove(path_);
  ASSERT_TRUE(SqliteDatabase::open(path_, 0)->run("CREATE TABLE t(a)").ok());
  EXPECT_THAT(refusal(), HasSubstr("is a SQLite file of another program"));
  ASSERT_TRUE(SqliteDatabase::open(path_, 0)->run("PRAGMA user_version=99").ok());
  EXPECT_THAT(refusal(), HasSubstr("was written by a newer dnstorm (schema 99"));
}

TEST_F(SqliteStoreTest, SaysWhichRecordIsDamaged) {
  ASSERT_TRUE(open()->save(make_record("a")).ok());
  ASSERT_TRUE(SqliteDatabase::open(path_, 0)->run("UPDATE topologies SET record='{'").ok());
  auto loaded = open()->load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().what, HasSubstr(path_ + ": topology a: "));
}

TEST_F(SqliteStoreTest, SaysThatAPathCannotBe) {
  path_ = "/proc/none/cluster.sqlite";
  EXPECT_THAT(refusal(), HasSubstr("/proc/none/cluster.sqlite: cannot be opened"));
}

}  // namespace
}  // namespace dnstorm::cluster
