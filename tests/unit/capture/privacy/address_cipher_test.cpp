#include "capture/privacy/address_cipher.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace dnstorm::capture::privacy {
namespace {

std::vector<std::uint8_t> hex(const std::string& digits) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}
std::unique_ptr<AddressCipher> make(AddressMethod method, const std::vector<std::uint8_t>& key) {
  auto cipher = make_address_cipher(method, key);
  return std::move(*cipher);
}
std::string mapped(AddressCipher& cipher, const char* address) {
  return format_ip(cipher.map(*parse_ip(address)));
}

// The key and addresses of the sample trace that comes with Crypto-PAn's reference implementation.
const std::vector<std::uint8_t> pan_key = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                                           22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                                           101, 39, 98,  87,  76, 45,  42,  132, 34,  2};

TEST(CryptoPan, agrees_with_the_reference_implementation) {
  auto cipher = make(AddressMethod::crypto_pan, pan_key);
  const std::pair<const char*, const char*> known[] = {
      {"128.11.68.132", "135.242.180.132"},   {"129.118.74.4", "134.136.186.123"},
      {"130.132.252.244", "133.68.164.234"},  {"141.223.7.43", "141.167.8.160"},
      {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
      {"156.29.3.236", "147.225.12.42"},      {"165.247.96.84", "162.9.99.234"},
      {"166.107.77.190", "160.132.178.185"},  {"192.102.249.13", "252.138.62.131"}};
  for (const auto& [plain, secret] : known) EXPECT_EQ(mapped(*cipher, plain), secret) << plain;
}

TEST(CryptoPan, does_ipv6_as_others_do) {
  auto cipher = make(AddressMethod::crypto_pan, pan_key);
  EXPECT_EQ(mapped(*cipher, "::1"), "78ff:f001:9fc0:20df:8380:b1f1:704:ed");
  EXPECT_EQ(mapped(*cipher, "::2"), "78ff:f001:9fc0:20df:8380:b1f1:704:ef");
  EXPECT_EQ(mapped(*cipher, "2001:db8::1"), "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e");
}

TEST(Ipcrypt, agrees_with_the_vectors_of_the_draft) {
  const char* known[][3] = {
      {"0123456789abcdeffedcba9876543210", "0.0.0.0", "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb"},
      {"1032547698badcfeefcdab8967452301", "255.255.255.255",
       "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8"},
      {"2b7e151628aed2a6abf7158809cf4f3c", "192.0.2.1", "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777"}};
  for (const auto& [key, plain, secret] : known) {
    auto cipher = make(AddressMethod::ipcrypt, hex(key));
    EXPECT_EQ(mapped(*cipher, plain), secret);
  }
}

TEST(IpcryptPfx, agrees_with_the_vectors_of_the_draft) {
  const char* known[][3] = {{"0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
                             "0.0.0.0", "151.82.155.134"},
                            {"0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
                             "255.255.255.255", "94.185.169.89"},
                            {"0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
                             "192.0.2.1", "100.115.72.131"},
                            {"0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301",
                             "2001:db8::1", "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88"}};
  for (const auto& [key, plain, secret] : known) {
    auto cipher = make(AddressMethod::ipcrypt_pfx, hex(key));
    EXPECT_EQ(mapped(*cipher, plain), secret);
  }
}

unsigned equal_bits(const IpAddress& a, const IpAddress& b) {
  unsigned bits = 0;
  while (bits < 128 && ((a.bytes[bits / 8] ^ b.bytes[bits / 8]) & (0x80 >> bits % 8)) == 0) ++bits;
  return bits;
}

IpAddress random_address(std::mt19937_64& dice) {
  std::uint8_t bytes[16];
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(dice());
  return dice() % 2 == 0 ? IpAddress::v4(bytes) : IpAddress::v6(bytes);
}

TEST(AddressCipher, prefixes_as_long_as_before_and_no_longer) {
  std::mt19937_64 dice(7);
  for (AddressMethod method : {AddressMethod::crypto_pan, AddressMethod::ipcrypt_pfx}) {
    auto cipher = make(method, pan_key);
    for (int round = 0; round < 500; ++round) {
      IpAddress a = random_address(dice), b = a;
      auto from = static_cast<unsigned>(a.is_v4() ? 96 + dice() % 32 : dice() % 128);
      b.bytes[from / 8] ^= static_cast<std::uint8_t>(0x80 >> from % 8);
      IpAddress x = cipher->map(a), y = cipher->map(b);
      ASSERT_EQ(equal_bits(x, y), from) << format_ip(a);
      ASSERT_EQ(x.is_v4(), a.is_v4());
      ASSERT_EQ(cipher->map(a), x) << "the same again";
    }
  }
}

TEST(AddressCipher, different_addresses_stay_different) {
  for (AddressMethod method :
       {AddressMethod::crypto_pan, AddressMethod::ipcrypt, AddressMethod::ipcrypt_pfx}) {
    auto key = pan_key;
    key.resize(key_size(method));
    auto cipher = make(method, key);
    std::set<IpAddress> seen;
    for (unsigned low = 0; low < 65536; low += 5) {
      std::uint8_t bytes[4] = {192, 0, static_cast<std::uint8_t>(low >> 8),
                               static_cast<std::uint8_t>(low)};
      EXPECT_TRUE(seen.insert(cipher->map(IpAddress::v4(bytes))).second);
    }
  }
}

TEST(Truncation, keeps_a_prefix) {
  auto cipher = make_truncation(24, 48);
  EXPECT_EQ(mapped(*cipher, "192.0.2.77"), "192.0.2.0");
  EXPECT_EQ(mapped(*cipher, "2001:db8:1:2::3"), "2001:db8:1::");
  EXPECT_EQ(mapped(*make_truncation(0, 0), "192.0.2.77"), "0.0.0.0");
  EXPECT_EQ(mapped(*make_truncation(0, 0), "2001:db8::1"), "::");
  EXPECT_EQ(mapped(*make_truncation(32, 128), "192.0.2.77"), "192.0.2.77");
  EXPECT_EQ(mapped(*make_truncation(32, 128), "2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(mapped(*make_truncation(31, 127), "192.0.2.77"), "192.0.2.76");
}

TEST(AddressCipher, refuses_keys_that_do_not_fit) {
  std::vector<std::uint8_t> key(16, 1);
  EXPECT_FALSE(make_address_cipher(AddressMethod::crypto_pan, key).ok());
  EXPECT_FALSE(make_address_cipher(AddressMethod::ipcrypt_pfx, key).ok());
  EXPECT_TRUE(make_address_cipher(AddressMethod::ipcrypt, key).ok());
  key.resize(32, 1);
  EXPECT_FALSE(make_address_cipher(AddressMethod::ipcrypt, key).ok());
  EXPECT_FALSE(make_address_cipher(AddressMethod::ipcrypt_pfx, key).ok()) << "equal halves";
  EXPECT_FALSE(make_address_cipher(AddressMethod::crypto_pan, {}).ok());
}

}  // namespace
}  // namespace dnstorm::capture::privacy
