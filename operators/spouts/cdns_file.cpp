#include "operators/spouts/cdns_file.hpp"

#include <algorithm>

#include "capture/cdns/reader.hpp"
#include "operators/spouts/cdns_messages.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {

namespace cdns = capture::cdns;
namespace pcap = capture::pcap;

namespace {

// Messages are put together one after the other in blocks that rows may refer to: what has been
// handed out of a block is not written any more.
class CdnsFile final : public pcap::FileReader {
 public:
  explicit CdnsFile(std::unique_ptr<cdns::Reader> file) : file_(std::move(file)) {}

  void lend_blocks() override { lends_ = true; }
  pcap::Read next(pcap::Packet& out) override {
    cdns::CapturedMessage message;
    cdns::Rebuilt what = cdns::Rebuilt::whole;
    switch (file_->next(message, what)) {
      case cdns::Read::end:
        return pcap::Read::end;
      case cdns::Read::error:
        return pcap::Read::error;
      case cdns::Read::message:
        break;
    }
    std::size_t size = cdns_head_bytes + message.wire.size();
    std::uint8_t* to = room(size);
    put_cdns_message(message, what, to);
    out.time = message.time;
    out.link = static_cast<capture::packet::LinkType>(link_cdns);
    out.original_length = static_cast<std::uint32_t>(message.wire.size());
    out.bytes = {to, size};
    out.block = lends_ ? &block_ : nullptr;
    out.hosts = capture::packet::hosts_hash(message.src, message.dst);
    ++packets_;
    return pcap::Read::packet;
  }
  const Error& error() const override { return file_->error(); }
  std::uint64_t packets() const override { return packets_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  std::uint8_t* room(std::size_t size) {
    if (capacity_ - used_ < size) {
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

  std::unique_ptr<cdns::Reader> file_;
  bool lends_ = false;
  Block block_;
  std::uint8_t* bytes_ = nullptr;  // of block_
  std::size_t capacity_ = 0, used_ = 0;
  std::uint64_t packets_ = 0;
};

}  // namespace

Result<std::unique_ptr<pcap::FileReader>> open_cdns_file(std::string name,
                                                         capture::file::Window window) {
  auto file = DNSTORM_TRY(cdns::Reader::open(std::move(name), std::move(window)));
  return std::unique_ptr<pcap::FileReader>(std::make_unique<CdnsFile>(std::move(file)));
}

}  // namespace dnstorm::operators
