#include "operators/detect/inline_key.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace dnstorm::operators {
namespace {

TEST(InlineKey, HoldsBytesOfAnyLength) {
  InlineKey key;
  EXPECT_EQ(key.text(), "");
  for (std::size_t size : {0U, 1U, 16U, 39U, 40U, 41U, 255U, 40U, 3U}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7);
    key.assign(bytes);
    EXPECT_EQ(key.text(), bytes) << size;
    EXPECT_EQ(key.elsewhere_or_null() != nullptr, size > InlineKey::room) << size;
  }
  key.clear();
  EXPECT_EQ(key.text(), "");
}

TEST(InlineKey, MovesWithTheTableThatItIsIn) {
  std::vector<InlineKey> keys;
  for (std::size_t size : {5U, 40U, 41U, 200U}) {
    keys.emplace_back();
    keys.back().assign(std::string(size, 'k'));
  }
  InlineKey taken = std::move(keys[3]);
  EXPECT_EQ(taken.text().size(), 200U);
  keys[3] = std::move(keys[2]);
  keys.resize(2);
  taken = std::move(keys[1]);
  EXPECT_EQ(taken.text(), std::string(40, 'k'));
  EXPECT_EQ(keys[0].text(), "kkkkk");
}

}  // namespace
}  // namespace dnstorm::operators
