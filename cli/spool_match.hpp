// Which packets of a spool are wanted: --match 'name=example.com, client=192.0.2.0/24, qtype=AAAA'.
//
//   name     the first question's name, or a name below it
//   client, server   address or prefix; the client is who asks (the server has port 53, or answers)
//   host     address or prefix of either
//   qtype, rcode     by name or number
//   port     of either side
//
// All conditions must hold. A packet that is no DNS message over UDP can only be matched by
// address and port. One thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/pcap/reader.hpp"

namespace dnstorm::cli {

class SpoolMatch {
 public:
  // Errors: usage.
  static Result<SpoolMatch> parse(std::string_view text);
  // One more condition, instead of one for the same key. Errors: usage.
  Result<void> set(std::string_view key, std::string_view value);

  bool matches(const capture::pcap::Packet& packet);

 private:
  struct Prefix {
    IpAddress address;
    unsigned bits = 128;
    bool holds(const IpAddress& other) const;
  };
  static Result<Prefix> parse_prefix(std::string_view text);

  std::string name_;  // lower case, without the last dot; "": any
  std::optional<Prefix> client_, server_, host_;
  std::optional<std::uint16_t> qtype_, rcode_, port_;
  capture::packet::Datagram datagram_;
  std::shared_ptr<capture::dns::Message> message_ = std::make_shared<capture::dns::Message>();
};

}  // namespace dnstorm::cli
