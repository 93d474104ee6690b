#include "cluster/wire/keys.hpp"

#include <zmq.h>

#include <array>

namespace dnstorm::cluster {
namespace {

constexpr std::size_t key_text_size = 40;

}  // namespace

bool is_key(std::string_view text) {
  if (text.size() != key_text_size) return false;
  std::array<std::uint8_t, 32> bytes{};
  return zmq_z85_decode(bytes.data(), std::string(text).c_str()) != nullptr;
}

CurveKeys make_curve_keys() {
  std::array<char, key_text_size + 1> public_key{};
  std::array<char, key_text_size + 1> secret_key{};
  int failed = zmq_curve_keypair(public_key.data(), secret_key.data());
  DNSTORM_ASSERT(failed == 0, "the ZeroMQ library knows CURVE", zmq_strerror(zmq_errno()));
  return {public_key.data(), secret_key.data()};
}

Result<std::string> public_of(std::string_view secret_key) {
  std::array<char, key_text_size + 1> public_key{};
  if (!is_key(secret_key) ||
      zmq_curve_public(public_key.data(), std::string(secret_key).c_str()) != 0)
    return Error{ErrorKind::config,
                 "this is no secret key: it has 40 characters and is made by 'dnstorm keygen'",
                 {}};
  return std::string(public_key.data());
}

}  // namespace dnstorm::cluster
