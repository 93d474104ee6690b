#include "capture/privacy/key_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "capture/privacy/name_hash.hpp"

namespace dnstorm::capture::privacy {
namespace {

class KeyFile : public ::testing::Test {
 protected:
  std::string write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + "dnstorm_key_file_test_" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(KeyFile, reads_hexadecimal_digits) {
  auto key = read_key_file(write("00112233 445566778899AABBCCDDEEff\n"));
  ASSERT_TRUE(key.ok()) << key.error().what;
  EXPECT_EQ(key->size(), 16U);
  EXPECT_EQ(key->front(), 0x00);
  EXPECT_EQ(key->back(), 0xff);
}

TEST_F(KeyFile, refuses_what_others_may_read) {
  for (mode_t mode : {0640U, 0604U, 0620U, 0602U}) {
    auto key = read_key_file(write(std::string(64, 'a'), mode));
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().kind, ErrorKind::permission);
    EXPECT_EQ(key.error().subject, "key_file");
  }
}

TEST_F(KeyFile, refuses_what_is_no_key_and_does_not_say_it) {
  for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(66, 'a'),
                                  std::string(5000, 'a'), "secretsecret" + std::string(52, 'a')}) {
    auto key = read_key_file(write(text));
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().kind, ErrorKind::config);
    EXPECT_THAT(key.error().what, ::testing::Not(::testing::HasSubstr("secret")));
  }
  EXPECT_FALSE(read_key_file("/nowhere/at/all").ok());
  EXPECT_FALSE(read_key_file("/dev/zero").ok());
}

TEST(NameHash, differs_by_name_and_by_key) {
  std::vector<std::uint8_t> key(32, 7), other(32, 8);
  NameHash hash(key);
  EXPECT_EQ(hash.of("www.example.com").size(), NameHash::digits);
  EXPECT_EQ(hash.of("www.example.com"), NameHash(key).of("www.example.com"));
  EXPECT_NE(hash.of("www.example.com"), hash.of("www.example.org"));
  EXPECT_NE(hash.of("www.example.com"), NameHash(other).of("www.example.com"));
  // python3: k = hmac.digest(bytes([7]) * 32, b"dnstorm names", "sha256");
  //          hmac.digest(k, b"www.example.com", "sha256").hex()[:16]
  EXPECT_EQ(hash.of("www.example.com"), "1d1e039c09a48239");
}

}  // namespace
}  // namespace dnstorm::capture::privacy
