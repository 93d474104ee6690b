#include "operators/spouts/packet_file.hpp"

#include "capture/cdns/reader.hpp"
#include "capture/convert/message_file.hpp"
#include "capture/dnstap/frame_file.hpp"
#include "capture/dnstap/message.hpp"
#include "capture/file/source.hpp"
#include "operators/spouts/cdns_file.hpp"
#include "operators/spouts/json_file.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {

namespace dnstap = capture::dnstap;
namespace pcap = capture::pcap;

namespace {

class DnstapFile final : public pcap::FileReader {
 public:
  explicit DnstapFile(std::unique_ptr<dnstap::FrameFile> file) : file_(std::move(file)) {}

  void lend_blocks() override { file_->lend_blocks(); }
  pcap::Read next(pcap::Packet& out) override {
    dnstap::Frame frame;
    switch (file_->next(frame)) {
      case dnstap::Read::end:
        return pcap::Read::end;
      case dnstap::Read::error:
        return pcap::Read::error;
      case dnstap::Read::frame:
        break;
    }
    // A frame that says no time is as old as the one before it.
    dnstap::FrameHead head;
    if (frame.dnstap) head = dnstap::look(frame.bytes);
    time_ = head.time.value_or(time_);
    out.time = time_;
    out.hosts = head.hosts;
    out.link =
        static_cast<capture::packet::LinkType>(frame.dnstap ? link_dnstap : link_foreign_frame);
    out.original_length = static_cast<std::uint32_t>(frame.bytes.size());
    out.bytes = frame.bytes;
    out.block = frame.block;
    return pcap::Read::packet;
  }
  const Error& error() const override { return file_->error(); }
  std::uint64_t packets() const override { return file_->frames(); }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  std::unique_ptr<dnstap::FrameFile> file_;
  TimeNs time_ = 0;
};

}  // namespace

Result<std::unique_ptr<pcap::FileReader>> open_packet_file(const std::string& path) {
  std::unique_ptr<capture::file::Source> source = DNSTORM_TRY(capture::file::open_source(path));
  std::string name = path == "-" ? "standard input" : path;
  capture::file::Window window(std::move(source));
  if (capture::cdns::Reader::is_cdns(window))
    return open_cdns_file(std::move(name), std::move(window));
  if (capture::convert::begins_json_lines(window))
    return open_json_file(std::move(name), std::move(window));
  if (!dnstap::FrameFile::is_frame_file(window))
    return pcap::FileReader::open(std::move(name), std::move(window));
  auto frames = DNSTORM_TRY(dnstap::FrameFile::open(std::move(name), std::move(window)));
  return std::unique_ptr<pcap::FileReader>(std::make_unique<DnstapFile>(std::move(frames)));
}

}  // namespace dnstorm::operators
