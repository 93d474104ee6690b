#include "operators/spouts/json_file.hpp"

#include <utility>

#include "capture/convert/message_file.hpp"
#include "operators/spouts/message_blocks.hpp"

namespace dnstorm::operators {

namespace convert = capture::convert;
namespace pcap = capture::pcap;

namespace {

class JsonFile final : public pcap::FileReader {
 public:
  explicit JsonFile(std::unique_ptr<convert::MessageSource> file) : file_(std::move(file)) {}

  void lend_blocks() override { messages_.lend(); }
  pcap::Read next(pcap::Packet& out) override {
    if (!at_hand_) read_on();
    ++packets_;
    if (bad_lines_ != 0) {
      --bad_lines_;
      messages_.fill_empty(time_, link_bad_line, out);
      return pcap::Read::packet;
    }
    if (read_ != convert::Read::message) {
      --packets_;
      return read_ == convert::Read::end ? pcap::Read::end : pcap::Read::error;
    }
    at_hand_ = false;
    time_ = message_.time;
    messages_.fill(message_, capture::cdns::Rebuilt::whole, out);
    return pcap::Read::packet;
  }
  const Error& error() const override { return file_->error(); }
  std::uint64_t packets() const override { return packets_; }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  // The next message, or the end, and how many lines before it gave none.
  void read_on() {
    read_ = file_->next(message_);
    at_hand_ = true;
    std::uint64_t left_out = 0;
    for (const auto& [reason, count] : file_->left_out()) left_out += count;
    bad_lines_ = left_out - std::exchange(left_out_, left_out);
  }

  std::unique_ptr<convert::MessageSource> file_;
  MessageBlocks messages_;
  convert::CapturedMessage message_;
  convert::Read read_ = convert::Read::message;
  bool at_hand_ = false;  // message_, or the end
  std::uint64_t left_out_ = 0, bad_lines_ = 0;
  std::uint64_t packets_ = 0;
  TimeNs time_ = 0;
};

}  // namespace

std::unique_ptr<pcap::FileReader> open_json_file(std::string name, capture::file::Window window) {
  return std::make_unique<JsonFile>(convert::open_json_lines(std::move(name), std::move(window)));
}

}  // namespace dnstorm::operators
