// Messages into dnstap files: a frame a message.
#include "capture/convert/detail/sinks.hpp"
#include "capture/dnstap/frame_file.hpp"
#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

using cdns::Role;
using cdns::Transport;

dnstap::SocketProtocol protocol_of(Transport transport) {
  switch (transport) {
    case Transport::udp:
    case Transport::dtls:
      return dnstap::SocketProtocol::udp;
    case Transport::tcp:
      return dnstap::SocketProtocol::tcp;
    case Transport::tls:
      return dnstap::SocketProtocol::dot;
    case Transport::https:
      return dnstap::SocketProtocol::doh;
    case Transport::other:
      break;
  }
  return dnstap::SocketProtocol::none;
}

// A capture does not say which kind a message is; CLIENT is the schema's word for what a server and
// its clients say to each other.
dnstap::MessageType type_of(Role role, bool response) {
  static constexpr dnstap::MessageType queries[] = {
      dnstap::MessageType::stub_query,      dnstap::MessageType::client_query,
      dnstap::MessageType::resolver_query,  dnstap::MessageType::auth_query,
      dnstap::MessageType::forwarder_query, dnstap::MessageType::tool_query,
      dnstap::MessageType::client_query};
  auto query = static_cast<unsigned>(queries[static_cast<std::size_t>(role)]);
  return static_cast<dnstap::MessageType>(query + (response ? 1U : 0U));
}

class DnstapSink final : public MessageSink {
 public:
  DnstapSink(std::unique_ptr<dnstap::FrameFileWriter> file, const SinkOptions& options)
      : file_(std::move(file)), identity_(options.identity), version_(options.version) {}

  Result<Refusal> put(const CapturedMessage& message) override {
    if (message.time < 0) return Refusal::bad_time;
    dnstap::Dnstap out;
    bool answer = message.response;
    out.type = type_of(message.role, answer);
    out.family = message.v6 ? dnstap::SocketFamily::inet6 : dnstap::SocketFamily::inet;
    out.protocol = protocol_of(message.transport);
    if (message.has_src) (answer ? out.response_address : out.query_address) = view(message.src);
    if (message.has_dst) (answer ? out.query_address : out.response_address) = view(message.dst);
    out.query_port = answer ? message.dst_port : message.src_port;
    out.response_port = answer ? message.src_port : message.dst_port;
    out.has_query_port = out.has_response_port = true;
    (answer ? out.response_message : out.query_message) = wire_of(message);
    (answer ? out.response_time : out.query_time) = message.time;
    (answer ? out.has_response_time : out.has_query_time) = true;
    out.identity = text_of(identity_);
    out.version = text_of(version_);
    payload_.clear();
    dnstap::encode(out, payload_);
    DNSTORM_CHECK(file_->write(payload_));
    if (message.ttl != 0) ++notes_["hop_limit_left_out"];
    return Refusal::none;
  }
  Result<void> close() override { return file_->close(); }
  const Reasons& notes() const override { return notes_; }

 private:
  static std::span<const std::uint8_t> view(const IpAddress& address) {
    std::span<const std::uint8_t> bytes(address.bytes);
    return address.is_v4() ? bytes.subspan(12) : bytes;
  }
  // A view without an address is a field that is not there: an empty message is a field.
  static std::span<const std::uint8_t> wire_of(const CapturedMessage& message) {
    static constexpr std::uint8_t nothing[1] = {};
    return message.wire.empty() ? std::span<const std::uint8_t>(nothing, 0) : message.wire;
  }

  static std::span<const std::uint8_t> text_of(const std::string& text) {
    if (text.empty()) return {};
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
  }

  std::unique_ptr<dnstap::FrameFileWriter> file_;
  std::string identity_, version_;
  std::vector<std::uint8_t> payload_;
  Reasons notes_;
};

}  // namespace

OpenedSink open_dnstap_sink(const std::string& path, const SinkOptions& options) {
  auto file = DNSTORM_TRY(dnstap::FrameFileWriter::open(path));
  return std::unique_ptr<MessageSink>(std::make_unique<DnstapSink>(std::move(file), options));
}

}  // namespace dnstorm::capture::convert::detail
