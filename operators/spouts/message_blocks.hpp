// Messages put together one after the other in blocks that rows may refer to: what has been handed
// out of a block is not written any more. Private to this folder.
#pragma once

#include <algorithm>
#include <memory>

#include "capture/file/window.hpp"
#include "capture/pcap/reader.hpp"
#include "operators/spouts/cdns_messages.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {

class MessageBlocks {
 public:
  void lend() { lends_ = true; }

  // The message as a packet of link type link_cdns.
  void fill(const capture::cdns::CapturedMessage& message, capture::cdns::Rebuilt what,
            capture::pcap::Packet& out) {
    std::size_t size = cdns_head_bytes + message.wire.size();
    std::uint8_t* to = room(size);
    put_cdns_message(message, what, to);
    out.time = message.time;
    out.link = static_cast<capture::packet::LinkType>(link_cdns);
    out.original_length = static_cast<std::uint32_t>(message.wire.size());
    out.bytes = {to, size};
    out.block = lends_ ? &block_ : nullptr;
    out.hosts = capture::packet::hosts_hash(message.src, message.dst);
  }
  // A packet without bytes.
  void fill_empty(TimeNs time, std::uint16_t link, capture::pcap::Packet& out) {
    out = {};
    out.time = time;
    out.link = static_cast<capture::packet::LinkType>(link);
    out.bytes = {room(0), 0};
    out.block = lends_ ? &block_ : nullptr;
  }

 private:
  std::uint8_t* room(std::size_t size) {
    if (!block_ || capacity_ - used_ < size) {
      capacity_ = std::max(size, capture::file::Window::first_size);
      auto fresh = std::make_shared_for_overwrite<std::uint8_t[]>(capacity_);
      bytes_ = fresh.get();
      block_ = std::move(fresh);
      used_ = 0;
    }
    std::uint8_t* to = bytes_ + used_;
    used_ += size;
    return to;
  }

  bool lends_ = false;
  Block block_;
  std::uint8_t* bytes_ = nullptr;  // of block_
  std::size_t capacity_ = 0, used_ = 0;
};

}  // namespace dnstorm::operators
