// The files that make HTTPS of HTTP.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::board::detail {

struct TlsFiles {
  std::string certificate;  // PEM, the server's own first; "": no TLS
  std::string key;          // PEM
};

// Both or neither of the paths are given. Fails with kind `usage`, `no_input` or `permission`.
Result<TlsFiles> read_tls_files(const std::string& certificate, const std::string& key);

}  // namespace dnstorm::board::detail
