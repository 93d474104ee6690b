// Messages as JSON lines: one object a message, the fields named as those of the `decode` bolt.
#include <fmt/format.h>

#include "capture/convert/detail/sinks.hpp"
#include "capture/dns/base_encodings.hpp"
#include "capture/dns/message.hpp"
#include "capture/file/sink.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

constexpr std::size_t buffer_bytes = 1u << 20;

class JsonSink final : public MessageSink {
 public:
  JsonSink(std::unique_ptr<file::ByteSink> sink, bool wire)
      : sink_(std::move(sink)), with_wire_(wire) {}

  Result<Refusal> put(const CapturedMessage& message) override {
    dns::ParseError error = dns::parse(message.wire, message_, {.records = false});
    line_.clear();
    line_ +=
        fmt::format("{{\"time_ns\":{},\"time\":\"{}\"", message.time, format_time(message.time));
    put_ends(message);
    if (message_.header_ok) put_header();
    if (message_.has_question) put_question();
    if (message_.edns.present) put_edns();
    flag("malformed", error != dns::ParseError::none || message.cut);
    if (error != dns::ParseError::none)
      line_ += fmt::format(",\"malformed_by\":\"{}\"", to_string(error));
    if (message.cut) flag("cut", true);
    if (with_wire_) {
      line_ += ",\"wire\":\"";
      dns::put_base64(message.wire, line_);
      line_ += '"';
    }
    line_ += "}\n";
    DNSTORM_CHECK(write());
    return Refusal::none;
  }
  Result<void> close() override {
    DNSTORM_CHECK(flush());
    return sink_->finish();
  }
  const Reasons& notes() const override { return notes_; }

 private:
  void number(std::string_view name, std::uint64_t value) {
    line_ += fmt::format(",\"{}\":{}", name, value);
  }
  void flag(std::string_view name, bool value) { line_ += fmt::format(",\"{}\":{}", name, value); }

  void put_ends(const CapturedMessage& m) {
    auto address = [&](std::string_view name, bool has, const IpAddress& ip) {
      if (has) line_ += fmt::format(",\"{}\":\"{}\"", name, format_ip(ip));
    };
    address("src", m.has_src, m.src);
    address("dst", m.has_dst, m.dst);
    address("client", m.response ? m.has_dst : m.has_src, m.response ? m.dst : m.src);
    address("server", m.response ? m.has_src : m.has_dst, m.response ? m.src : m.dst);
    number("client_port", m.response ? m.dst_port : m.src_port);
    number("server_port", m.response ? m.src_port : m.dst_port);
    number("ip_version", m.v6 ? 6 : 4);
    line_ += fmt::format(",\"transport\":\"{}\"", transport_names[index_of(m.transport)]);
    if (m.role != cdns::Role::none) number("role", static_cast<unsigned>(m.role));
    if (m.ttl != 0) number("ttl", m.ttl);
    number("size", m.wire.size());
    flag("qr", m.response);
  }

  void put_header() {
    number("id", message_.id);
    number("opcode", message_.opcode);
    for (auto [name, value] : {std::pair{"aa", message_.aa},
                               {"tc", message_.tc},
                               {"rd", message_.rd},
                               {"ra", message_.ra},
                               {"z", message_.z},
                               {"ad", message_.ad},
                               {"cd", message_.cd}})
      flag(name, value);
    number("rcode", message_.rcode);
    number("full_rcode", message_.full_rcode());
    number("questions", message_.question_count);
    number("answers", message_.answer_count);
    number("authorities", message_.authority_count);
    number("additionals", message_.additional_count);
  }

  // A name in text is ASCII; of what it may hold, JSON escapes the backslash and the quote.
  void put_question() {
    line_ += ",\"qname\":\"";
    for (char c : message_.qname) {
      if (c == '"' || c == '\\') line_ += '\\';
      line_ += c;
    }
    line_ += '"';
    number("qtype", message_.qtype);
    number("qclass", message_.qclass);
  }
  void put_edns() {
    flag("edns", true);
    number("edns_version", message_.edns.version);
    number("edns_size", message_.edns.udp_size);
    flag("do", message_.edns.dnssec_ok);
  }

  static std::size_t index_of(cdns::Transport transport) {
    return transport == cdns::Transport::other ? 5 : static_cast<std::size_t>(transport);
  }

  Result<void> write() {
    buffer_.insert(buffer_.end(), line_.begin(), line_.end());
    return buffer_.size() < buffer_bytes ? Result<void>() : flush();
  }
  Result<void> flush() {
    DNSTORM_CHECK(sink_->put(buffer_));
    buffer_.clear();
    return {};
  }

  static constexpr std::string_view transport_names[] = {"udp",  "tcp",   "tls",
                                                         "dtls", "https", "other"};
  std::unique_ptr<file::ByteSink> sink_;
  bool with_wire_;
  dns::Message message_;
  std::string line_;
  std::vector<std::uint8_t> buffer_;
  Reasons notes_;
};

}  // namespace

OpenedSink open_json_sink(const std::string& path, bool wire) {
  auto sink = DNSTORM_TRY(file::open_sink(path));
  return std::unique_ptr<MessageSink>(std::make_unique<JsonSink>(std::move(sink), wire));
}

}  // namespace dnstorm::capture::convert::detail
