// Capture filters in tcpdump's language (pcap-filter(7)), for packets of files; a live capture
// filters in the kernel (live.hpp). compile() may be called on any thread (libpcap 1.10 compiles
// under its own lock); matches() is const and thread-safe.
#pragma once

#include <memory>
#include <string>

#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::pcap {

class BpfFilter {
 public:
  // Errors: usage, with what libpcap says is wrong with the expression.
  static Result<BpfFilter> compile(const std::string& expression, packet::LinkType link);

  // Whether the packet passes. The packet must be of the link type that the filter was made for.
  bool matches(const Packet& packet) const;

  packet::LinkType link() const { return link_; }

 private:
  struct Program;
  BpfFilter(std::shared_ptr<const Program> program, packet::LinkType link)
      : program_(std::move(program)), link_(link) {}

  std::shared_ptr<const Program> program_;
  packet::LinkType link_;
};

}  // namespace dnstorm::capture::pcap
