#include "cluster/wire/key_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::HasSubstr;

class KeyFolderTest : public ::testing::Test {
 protected:
  void make(const std::vector<std::string>& names) {
    auto written = write_keys(keys_, names, false);
    ASSERT_TRUE(written.ok()) << written.error().what;
  }
  std::string refusal(const std::string& name) {
    auto loaded = load_keys(keys_, name);
    EXPECT_FALSE(loaded.ok());
    return loaded.ok() ? "" : loaded.error().what;
  }
  std::string file(const std::string& name) const { return keys_ + "/" + name; }
  void put(const std::string& name, const std::string& text) { std::ofstream(file(name)) << text; }
  dnstorm::testing::TemporaryFolder folder_;
  std::string keys_ = folder_.path_of("a/keys");
};

TEST_F(KeyFolderTest, GivesBackWhatKeygenWrote) {
  make({"coordinator", "n1"});
  auto one = load_keys(keys_, "n1");
  auto other = load_keys(keys_, "coordinator");
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_EQ(one->allowed, other->allowed);
  EXPECT_EQ(one->allowed.size(), 2U);
  EXPECT_EQ(one->allowed["n1"], one->own.public_key);
  EXPECT_EQ(*one->key_of("coordinator"), other->own.public_key);
  EXPECT_NE(one->own.secret_key, other->own.secret_key);
  EXPECT_THAT(one->key_of("n2").error().what, HasSubstr("there is no n2.pub"));
  EXPECT_EQ(*KeyFolder().key_of("n2"), "");
}

TEST_F(KeyFolderTest, KeepsSecretsFromOthersWhateverTheUmask) {
  mode_t before = ::umask(0);
  make({"n1"});
  ::umask(0777);
  make({"n2"});
  ::umask(before);
  struct stat status {};
  for (const char* name : {"n1", "n2"}) {
    ASSERT_EQ(::stat(file(name + std::string(".key")).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    ASSERT_EQ(::stat(file(name + std::string(".pub")).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0644U);
  }
  ::chmod(file("n1.key").c_str(), 0640);
  EXPECT_THAT(refusal("n1"), HasSubstr("n1.key: others may read this secret key: chmod 600"));
}

TEST_F(KeyFolderTest, NeverReplacesKeysUnlessForced) {
  make({"n1"});
  auto again = write_keys(keys_, {"n0", "n1"}, false);
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.error().what, HasSubstr("n1.key: is there already, nothing was written"));
  EXPECT_FALSE(std::filesystem::exists(file("n0.key")));
  // Another machine's public key is as precious.
  std::filesystem::remove(file("n1.key"));
  EXPECT_FALSE(write_keys(keys_, {"n1"}, false).ok());
  std::string before = folder_.read("a/keys/n1.pub");
  ASSERT_TRUE(write_keys(keys_, {"n0", "n1"}, true).ok());
  EXPECT_NE(folder_.read("a/keys/n1.pub"), before);
  EXPECT_TRUE(load_keys(keys_, "n1").ok());
}

TEST_F(KeyFolderTest, RefusesNamesThatAreNone) {
  for (const std::string name : {"", "a/b", "..", ".a", "a b"})
    EXPECT_THAT(write_keys(keys_, {name}, false).error().what, HasSubstr("is no name")) << name;
  EXPECT_THAT(write_keys(keys_, {"a", "a"}, false).error().what, HasSubstr("named twice"));
  EXPECT_FALSE(std::filesystem::exists(keys_));
}

TEST_F(KeyFolderTest, SaysWhatIsWrongWithAKey) {
  EXPECT_THAT(refusal("n1"), HasSubstr("n1.key: is missing: 'dnstorm keygen --keys"));
  make({"n1", "n2"});
  std::string public_key = folder_.read("a/keys/n1.pub");
  put("n3.pub", public_key);
  EXPECT_THAT(refusal("n1"), HasSubstr("n3.pub: is the key of n1, too"));
  put("n3.pub", "rubbish");
  EXPECT_THAT(refusal("n1"), HasSubstr("n3.pub: is no key"));
  std::filesystem::remove(file("n3.pub"));
  put("n1.pub", folder_.read("a/keys/n2.pub"));
  std::filesystem::remove(file("n2.pub"));
  EXPECT_THAT(refusal("n1"), HasSubstr("n1.pub: does not belong to n1.key"));
  put("n1.key", public_key + "x");
  EXPECT_THAT(refusal("n1"), HasSubstr("n1.key: is no key"));
}

TEST_F(KeyFolderTest, NeedsNoPublicKeyOfItsOwnAndPassesOverOtherFiles) {
  make({"n1", "n2"});
  std::filesystem::remove(file("n1.pub"));
  put("README", "x");
  put(".hidden.pub", "x");
  auto loaded = load_keys(keys_, "n1");
  ASSERT_TRUE(loaded.ok()) << loaded.error().what;
  EXPECT_EQ(loaded->allowed.size(), 2U);
  EXPECT_EQ(loaded->allowed["n1"], loaded->own.public_key);
}

}  // namespace
}  // namespace dnstorm::cluster
