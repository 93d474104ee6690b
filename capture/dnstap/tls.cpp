#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>

#include "capture/dnstap/byte_stream.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::capture::dnstap {
namespace {

class TlsStream final : public ByteStream {
 public:
  TlsStream(SSL_CTX* context, Descriptor fd) : fd_(std::move(fd)), ssl_(SSL_new(context)) {
    DNSTORM_ASSERT(ssl_ != nullptr && SSL_set_fd(ssl_, fd_.get()) == 1, "OpenSSL has memory");
    SSL_set_accept_state(ssl_);
  }
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;
  ~TlsStream() override {
    // close_notify, if the socket takes it; nobody waits for the other side's.
    if (established() && !failed_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ERR_clear_error();
  }

  // The handshake goes on by itself inside SSL_read and SSL_write.
  Moved read(std::span<std::uint8_t> to) override {
    ERR_clear_error();
    return moved(SSL_read(ssl_, to.data(), length(to.size())));
  }
  Moved write(std::span<const std::uint8_t> from) override {
    ERR_clear_error();
    return moved(SSL_write(ssl_, from.data(), length(from.size())));
  }
  bool wants_to_write() const override { return blocked_; }
  bool established() const override { return SSL_is_init_finished(ssl_) == 1; }
  int fd() const override { return fd_.get(); }

 private:
  static int length(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
  }
  Moved moved(int n) {
    blocked_ = false;
    if (n > 0) return {State::ok, static_cast<std::size_t>(n)};
    switch (SSL_get_error(ssl_, n)) {
      case SSL_ERROR_WANT_READ:
        return {State::again};
      case SSL_ERROR_WANT_WRITE:
        blocked_ = true;
        return {State::again};
      case SSL_ERROR_ZERO_RETURN:
        return {State::end};
      default:
        failed_ = true;
        return {State::failed};
    }
  }

  Descriptor fd_;
  SSL* ssl_;
  bool blocked_ = false;
  bool failed_ = false;
};

// The last thing that OpenSSL says went wrong.
Error refused(const std::string& file, std::string_view what, std::string option) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  Error error{ErrorKind::config,
              fmt::format("{}: {}: {}", file, what, reason != nullptr ? reason : "unreadable"),
              std::move(option)};
  ERR_clear_error();
  return error;
}

class OpenSslContext final : public TlsContext {
 public:
  OpenSslContext() : context_(SSL_CTX_new(TLS_server_method())) {
    DNSTORM_ASSERT(context_ != nullptr, "OpenSSL has memory");
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    // A buffer of the caller may move between two attempts, and a part of it may be written.
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context_, 1);
    // Senders that just close the connection are not attackers: STOP tells the end of a stream.
    SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  }
  OpenSslContext(const OpenSslContext&) = delete;
  OpenSslContext& operator=(const OpenSslContext&) = delete;
  ~OpenSslContext() override { SSL_CTX_free(context_); }

  Result<void> load(const TlsOptions& options) {
    if (SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1)
      return refused(options.certificate, "is no certificate", "tls_certificate");
    if (SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
      return refused(options.key, "is no key of that certificate", "tls_key");
    if (options.client_ca.empty()) return {};
    if (SSL_CTX_load_verify_locations(context_, options.client_ca.c_str(), nullptr) != 1)
      return refused(options.client_ca, "holds no certificates", "tls_client_ca");
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return {};
  }
  std::unique_ptr<ByteStream> accept(Descriptor fd) override {
    return std::make_unique<TlsStream>(context_, std::move(fd));
  }

 private:
  SSL_CTX* context_;
};

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::make(const TlsOptions& options) {
  auto context = std::make_unique<OpenSslContext>();
  DNSTORM_CHECK(context->load(options));
  return std::unique_ptr<TlsContext>(std::move(context));
}

}  // namespace dnstorm::capture::dnstap
