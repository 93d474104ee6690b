// One connection's bytes, plain or by TLS (OpenSSL). Never waits. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "capture/dnstap/listener.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::dnstap {

class ByteStream {
 public:
  enum class State : std::uint8_t { ok, again, end, failed };
  struct Moved {
    State state;
    std::size_t bytes = 0;  // of ok: at least one
  };

  static std::unique_ptr<ByteStream> plain(Descriptor fd);
  virtual ~ByteStream() = default;
  virtual Moved read(std::span<std::uint8_t> to) = 0;
  virtual Moved write(std::span<const std::uint8_t> from) = 0;
  // Whether `again` is for want of room to write.
  virtual bool wants_to_write() const = 0;
  // The TLS handshake is done; plain: always.
  virtual bool established() const = 0;
  virtual int fd() const = 0;
};

struct TlsOptions {
  std::string certificate;  // PEM, with its chain
  std::string key;          // PEM
  std::string client_ca;    // PEM; empty: senders need no certificate
};

// What TLS connections share. TLS 1.2 and later.
class TlsContext {
 public:
  static Result<std::unique_ptr<TlsContext>> make(const TlsOptions& options);
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<ByteStream> accept(Descriptor fd) = 0;
};

}  // namespace dnstorm::capture::dnstap
