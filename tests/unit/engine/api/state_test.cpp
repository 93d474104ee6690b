#include "engine/api/state.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

TEST(State, GivesWhatWasPut) {
  StateWriter out;
  out.put(true);
  out.put(std::uint16_t{4711});
  out.put_bytes("abc");
  out.put(false);
  std::string bytes = out.take();
  StateReader in(bytes);
  EXPECT_TRUE(in.get<bool>());
  EXPECT_EQ(in.get<std::uint16_t>(), 4711);
  EXPECT_EQ(in.get_bytes(), "abc");
  EXPECT_FALSE(in.get<bool>());
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(State, GivesZerosBehindTheEnd) {
  StateReader in("\x01");
  EXPECT_EQ(in.get<std::uint32_t>(), 0U);
  EXPECT_FALSE(in.ok());
}

// Bytes of a file may be anything; a bool has two values.
TEST(State, RefusesABoolThatIsNone) {
  StateReader in("\x11");
  EXPECT_FALSE(in.get<bool>());
  EXPECT_FALSE(in.ok());
}

TEST(State, NeverCountsMoreThanThereCanBe) {
  StateWriter out;
  out.put(std::uint64_t{3});
  out.put(std::uint16_t{0});
  std::string bytes = out.take();
  EXPECT_EQ(StateReader(bytes).get_count(), 0U);
  bytes += 'x';
  EXPECT_EQ(StateReader(bytes).get_count(), 3U);
  EXPECT_EQ(StateReader(bytes).get_count(2), 0U);
}

}  // namespace
}  // namespace dnstorm
