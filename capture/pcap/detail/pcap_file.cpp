// The pcap format (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html): a head of 24
// bytes, then per packet 16 bytes (seconds, fraction, kept length, original length) and the packet.
#include "capture/pcap/detail/file_base.hpp"

namespace dnstorm::capture::pcap::detail {
namespace {

constexpr std::size_t file_head_size = 24;
constexpr std::size_t packet_head_size = 16;
constexpr std::uint32_t magic_us = 0xa1b2c3d4;
constexpr std::uint32_t magic_ns = 0xa1b23c4d;

struct Form {
  bool swap = false;
  TimeNs fraction_ns = 1'000;  // of one unit of a packet's time fraction
};

std::optional<Form> form_of(std::uint32_t magic) {
  if (magic == magic_us) return Form{false, 1'000};
  if (magic == magic_ns) return Form{false, 1};
  if (__builtin_bswap32(magic) == magic_us) return Form{true, 1'000};
  if (__builtin_bswap32(magic) == magic_ns) return Form{true, 1};
  return std::nullopt;
}

class PcapFile final : public FileBase {
 public:
  PcapFile(std::string name, Window window, Form form, packet::LinkType link,
           std::uint32_t length_max)
      : FileBase(std::move(name), std::move(window)),
        form_(form),
        link_(link),
        length_max_(length_max) {}

  Read next(Packet& out) override {
    if (state_ == Read::packet && window_.size() >= packet_head_size) [[likely]] {
      std::size_t length = length_of_next();
      if (length <= length_max_ && window_.size() - packet_head_size >= length) [[likely]]
        return take(length, out);
    }
    return read_on(out);
  }

 private:
  std::uint32_t length_of_next() const { return load32(window_.data() + 8, form_.swap); }

  // next(), where more must be read first or nothing follows. A function of its own, so that
  // next() keeps nothing over a call.
  [[gnu::noinline]] Read read_on(Packet& out) {
    if (state_ != Read::packet) return state_;
    if (!window_.need(packet_head_size)) return end_of_stream(packet_head_size);
    std::uint32_t length = length_of_next();
    if (length > length_max_) return too_long(length);
    if (!window_.need(packet_head_size + length)) return end_of_stream(packet_head_size + length);
    return take(length, out);
  }

  Read take(std::size_t length, Packet& out) {
    const std::uint8_t* head = window_.data();
    out.time = TimeNs{load32(head, form_.swap)} * ns_per_s +
               TimeNs{load32(head + 4, form_.swap)} * form_.fraction_ns;
    out.link = link_;
    out.original_length = load32(head + 12, form_.swap);
    out.bytes = {head + packet_head_size, length};
    out.block = window_.block();
    window_.skip(packet_head_size + length);
    ++packets_;
    return Read::packet;
  }

  Form form_;
  packet::LinkType link_;
  std::uint32_t length_max_;
};

}  // namespace

bool is_pcap(const Window& window) {
  return window.size() >= 4 && form_of(load32(window.data(), false)).has_value();
}

Result<std::unique_ptr<FileReader>> open_pcap(std::string name, Window window) {
  const std::uint8_t* head = window.data();
  Form form = *form_of(load32(head, false));
  if (!window.need(file_head_size))
    return Error{ErrorKind::data,
                 fmt::format("{}: cut off in the head of the file: {} of {} bytes are there", name,
                             window.size(), file_head_size),
                 {}};
  head = window.data();
  std::uint16_t major = load16(head + 4, form.swap);
  if (major != 2)
    return Error{ErrorKind::data,
                 fmt::format("{}: is pcap of version {}.{}; only version 2 is read", name, major,
                             load16(head + 6, form.swap)),
                 {}};
  std::uint32_t snap_length = load32(head + 16, form.swap);
  // The upper half says how long the frame check sequence is; decoding trims by the IP length.
  auto link = static_cast<packet::LinkType>(load32(head + 20, form.swap) & 0xffff);
  window.skip(file_head_size);
  std::uint32_t length_max = std::clamp(snap_length, packet_bytes_usual, packet_bytes_max);
  return std::unique_ptr<FileReader>(
      std::make_unique<PcapFile>(std::move(name), std::move(window), form, link, length_max));
}

}  // namespace dnstorm::capture::pcap::detail
