#include "capture/dnstap/byte_stream.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace dnstorm::capture::dnstap {
namespace {

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(Descriptor fd) : fd_(std::move(fd)) {}

  Moved read(std::span<std::uint8_t> to) override {
    ssize_t n;
    do n = ::recv(fd_.get(), to.data(), to.size(), 0);
    while (n < 0 && errno == EINTR);
    return n == 0 ? Moved{State::end} : moved(n);
  }
  Moved write(std::span<const std::uint8_t> from) override {
    ssize_t n;
    do n = ::send(fd_.get(), from.data(), from.size(), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    blocked_ = n < 0 && errno == EAGAIN;
    return moved(n);
  }
  bool wants_to_write() const override { return blocked_; }
  bool established() const override { return true; }
  int fd() const override { return fd_.get(); }

 private:
  static Moved moved(ssize_t n) {
    if (n >= 0) return {State::ok, static_cast<std::size_t>(n)};
    return {errno == EAGAIN ? State::again : State::failed};
  }
  Descriptor fd_;
  bool blocked_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> ByteStream::plain(Descriptor fd) {
  return std::make_unique<PlainStream>(std::move(fd));
}

}  // namespace dnstorm::capture::dnstap
