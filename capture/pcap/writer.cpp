#include "capture/pcap/writer.hpp"

#include "capture/file/sink.hpp"

namespace dnstorm::capture::pcap {

namespace {

constexpr std::size_t buffer_size = 1U << 20U;

void put_le16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value));
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
}
void put_le32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  put_le16(out, static_cast<std::uint16_t>(value));
  put_le16(out, static_cast<std::uint16_t>(value >> 16U));
}

}  // namespace

Writer::Writer(std::unique_ptr<file::ByteSink> sink, WriterOptions options)
    : sink_(std::move(sink)), options_(options) {
  buffer_.reserve(buffer_size + 2 * 65536);
}

Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::string& path, WriterOptions options) {
  std::unique_ptr<file::ByteSink> sink = DNSTORM_TRY(file::open_sink(path));
  std::unique_ptr<Writer> writer(new Writer(std::move(sink), options));
  writer->put_file_header();
  return writer;
}

void Writer::put_file_header() {
  put_le32(buffer_, options_.nanoseconds ? 0xa1b23c4dU : 0xa1b2c3d4U);
  put_le16(buffer_, 2);
  put_le16(buffer_, 4);
  put_le32(buffer_, 0);  // times are UTC
  put_le32(buffer_, 0);
  put_le32(buffer_, options_.snap_length);
  put_le32(buffer_, options_.link_type);
  bytes_ = buffer_.size();
}

Result<void> Writer::write(TimeNs time, std::span<const std::uint8_t> packet,
                           std::uint32_t original_length) {
  DNSTORM_ASSERT(sink_ != nullptr, "a closed pcap writer is used");
  if (time < 0 || time / ns_per_s > 0xffffffffLL)
    return Error{ErrorKind::data,
                 fmt::format("{} does not fit a pcap file (1970 to 2106)", format_time(time)),
                 {}};
  std::int64_t fraction = time % ns_per_s;
  auto kept = std::min<std::size_t>(packet.size(), options_.snap_length);
  put_le32(buffer_, static_cast<std::uint32_t>(time / ns_per_s));
  put_le32(buffer_, static_cast<std::uint32_t>(options_.nanoseconds ? fraction : fraction / 1000));
  put_le32(buffer_, static_cast<std::uint32_t>(kept));
  put_le32(buffer_, std::max(original_length, static_cast<std::uint32_t>(packet.size())));
  buffer_.insert(buffer_.end(), packet.data(), packet.data() + kept);
  ++packets_;
  bytes_ += 16 + kept;
  if (buffer_.size() >= buffer_size) return flush();
  return {};
}

Result<void> Writer::flush() {
  Result<void> done = sink_->put(buffer_);
  buffer_.clear();
  return done;
}

Result<void> Writer::close() {
  if (sink_ == nullptr) return {};
  Result<void> flushed = flush();
  Result<void> finished = sink_->finish();
  sink_ = nullptr;
  return flushed.ok() ? std::move(finished) : std::move(flushed);
}

}  // namespace dnstorm::capture::pcap
