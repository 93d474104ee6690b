#include "operators/spouts/cdns_file.hpp"

#include "capture/cdns/reader.hpp"
#include "operators/spouts/message_blocks.hpp"

namespace dnstorm::operators {

namespace cdns = capture::cdns;
namespace pcap = capture::pcap;

namespace {

class CdnsFile final : public pcap::FileReader {
 public:
  explicit CdnsFile(std::unique_ptr<cdns::Reader> file) : file_(std::move(file)) {}

  void lend_blocks() override { messages_.lend(); }
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
    messages_.fill(message, what, out);
    ++packets_;
    return pcap::Read::packet;
  }
  const Error& error() const override { return file_->error(); }
  std::uint64_t packets() const override { return packets_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  std::unique_ptr<cdns::Reader> file_;
  MessageBlocks messages_;
  std::uint64_t packets_ = 0;
};

}  // namespace

Result<std::unique_ptr<pcap::FileReader>> open_cdns_file(std::string name,
                                                         capture::file::Window window) {
  auto file = DNSTORM_TRY(cdns::Reader::open(std::move(name), std::move(window)));
  return std::unique_ptr<pcap::FileReader>(std::make_unique<CdnsFile>(std::move(file)));
}

}  // namespace dnstorm::operators
