// Messages out of dnstap files.
#include "capture/convert/detail/sources.hpp"
#include "capture/dnstap/frame_file.hpp"
#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

using cdns::Role;
using cdns::Transport;

Role role_of(dnstap::MessageKind kind) {
  switch (kind) {
    case dnstap::MessageKind::auth:
    case dnstap::MessageKind::update:
      return Role::auth;
    case dnstap::MessageKind::resolver:
      return Role::resolver;
    case dnstap::MessageKind::client:
      return Role::client;
    case dnstap::MessageKind::forwarder:
      return Role::forwarder;
    case dnstap::MessageKind::stub:
      return Role::stub;
    case dnstap::MessageKind::tool:
      return Role::tool;
  }
  return Role::none;
}

Transport transport_of(dnstap::SocketProtocol protocol) {
  switch (protocol) {
    case dnstap::SocketProtocol::none:
    case dnstap::SocketProtocol::udp:
      return Transport::udp;
    case dnstap::SocketProtocol::tcp:
      return Transport::tcp;
    case dnstap::SocketProtocol::dot:
      return Transport::tls;
    case dnstap::SocketProtocol::doh:
      return Transport::https;
    case dnstap::SocketProtocol::dnscrypt_udp:
    case dnstap::SocketProtocol::dnscrypt_tcp:
    case dnstap::SocketProtocol::doq:
      break;
  }
  return Transport::other;
}

class DnstapSource final : public MessageSource {
 public:
  explicit DnstapSource(std::unique_ptr<dnstap::FrameFile> file) : file_(std::move(file)) {}

  Read next(CapturedMessage& out) override {
    while (!has_second_) {
      dnstap::Frame frame;
      dnstap::Read read = file_->next(frame);
      if (read == dnstap::Read::end) return Read::end;
      if (read == dnstap::Read::error) return Read::error;
      if (!frame.dnstap) {
        ++reasons_["foreign_frame"];
        continue;
      }
      dnstap::DecodeError error = dnstap::decode(frame.bytes, frame_);
      if (error != dnstap::DecodeError::none) {
        ++reasons_["dnstap_" + std::string(to_string(error))];
        continue;
      }
      bool query = frame_.query_message.data() != nullptr;
      bool response = frame_.response_message.data() != nullptr;
      if (!query && !response) {
        ++reasons_["no_message"];
        continue;
      }
      has_second_ = query && response;
      fill(!query, out);
      return Read::message;
    }
    has_second_ = false;
    fill(true, out);
    return Read::message;
  }
  const Error& error() const override { return file_->error(); }
  Format format() const override { return Format::dnstap; }
  const Reasons& left_out() override { return reasons_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  void fill(bool answer, CapturedMessage& out) const {
    out = {};
    out.wire = answer ? frame_.response_message : frame_.query_message;
    out.time = frame_.time();
    if (answer && frame_.has_response_time) out.time = frame_.response_time;
    if (!answer && frame_.has_query_time) out.time = frame_.query_time;
    out.v6 = frame_.family == dnstap::SocketFamily::inet6;
    auto asker = dnstap::to_ip(frame_.query_address);
    auto answerer = dnstap::to_ip(frame_.response_address);
    out.has_src = (answer ? answerer : asker).has_value();
    out.has_dst = (answer ? asker : answerer).has_value();
    if (out.has_src) out.src = *(answer ? answerer : asker);
    if (out.has_dst) out.dst = *(answer ? asker : answerer);
    if (frame_.family == dnstap::SocketFamily::none)
      out.v6 = (out.has_src && !out.src.is_v4()) || (out.has_dst && !out.dst.is_v4());
    std::uint16_t server_port = frame_.has_response_port ? frame_.response_port : 53;
    out.src_port = answer ? server_port : frame_.query_port;
    out.dst_port = answer ? frame_.query_port : server_port;
    out.transport = transport_of(frame_.protocol);
    out.role = role_of(dnstap::kind_of(frame_.type));
    out.response = cdns::says_response(out.wire);
  }

  std::unique_ptr<dnstap::FrameFile> file_;
  dnstap::Dnstap frame_;
  bool has_second_ = false;
  Reasons reasons_;
};

}  // namespace

Opened open_dnstap(std::string name, file::Window window) {
  auto file = DNSTORM_TRY(dnstap::FrameFile::open(std::move(name), std::move(window)));
  return std::unique_ptr<MessageSource>(std::make_unique<DnstapSource>(std::move(file)));
}

}  // namespace dnstorm::capture::convert::detail
