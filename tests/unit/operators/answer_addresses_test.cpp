#include "operators/answer_addresses.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

TEST(AnswerAddresses, are_those_that_were_packed) {
  AddressPacker packer;
  packer.add(300, *parse_ip("192.0.2.1"));
  packer.add(0xfffffffe, *parse_ip("2001:db8::1"));
  AnswerAddresses read(packer.bytes());
  ASSERT_EQ(read.count(), 2U);
  auto at = read.begin();
  EXPECT_EQ((*at).ttl, 300U);
  EXPECT_EQ((*at).address, *parse_ip("192.0.2.1"));
  ++at;
  EXPECT_EQ((*at).ttl, 0xfffffffeU);
  EXPECT_EQ((*at).address, *parse_ip("2001:db8::1"));
  EXPECT_TRUE(++at == read.end());
}

TEST(AnswerAddresses, beyond_the_first_64_are_left_out) {
  AddressPacker packer;
  for (std::uint32_t i = 0; i < 100; ++i) packer.add(i, *parse_ip("192.0.2.1"));
  EXPECT_EQ(AnswerAddresses(packer.bytes()).count(), AddressPacker::addresses_max);
}

TEST(AnswerAddresses, of_bytes_that_are_cut_are_the_whole_ones) {
  AddressPacker packer;
  packer.add(1, *parse_ip("192.0.2.1"));
  packer.add(2, *parse_ip("192.0.2.2"));
  EXPECT_EQ(AnswerAddresses(packer.bytes().first(39)).count(), 1U);
  EXPECT_EQ(AnswerAddresses({}).count(), 0U);
}

}  // namespace
}  // namespace dnstorm::operators
