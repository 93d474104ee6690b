// CURVE keys as text (Z85, 40 characters): who may take part in a cluster. Pure but for the
// randomness of new ones; any thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace dnstorm::cluster {

struct CurveKeys {
  std::string public_key;
  std::string secret_key;
  bool empty() const { return secret_key.empty(); }
};

CurveKeys make_curve_keys();
// The public key that belongs to a secret one. Fails with kind `config`.
Result<std::string> public_of(std::string_view secret_key);
// Whether it may be a key by its form.
bool is_key(std::string_view text);

}  // namespace dnstorm::cluster
