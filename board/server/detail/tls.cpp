#include "board/server/detail/tls.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace dnstorm::board::detail {
namespace {

Result<std::string> read_pem(const std::string& path, const char* what) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    ErrorKind kind = errno == EACCES ? ErrorKind::permission : ErrorKind::no_input;
    return Error{kind, fmt::format("board: {} {}: {}", what, path, std::strerror(errno)), "board"};
  }
  std::ostringstream text;
  text << in.rdbuf();
  if (text.view().find("-----BEGIN") == std::string_view::npos)
    return Error{ErrorKind::usage, fmt::format("board: {} {} is no PEM file", what, path), "board"};
  return std::move(text).str();
}

}  // namespace

Result<TlsFiles> read_tls_files(const std::string& certificate, const std::string& key) {
  if (certificate.empty() && key.empty()) return TlsFiles{};
  if (certificate.empty() || key.empty())
    return Error{ErrorKind::usage, "board: TLS takes a certificate and its key, not one of them",
                 "board"};
  TlsFiles files;
  files.certificate = DNSTORM_TRY(read_pem(certificate, "the certificate"));
  files.key = DNSTORM_TRY(read_pem(key, "the key"));
  return files;
}

}  // namespace dnstorm::board::detail
