// The pcapng format (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html): blocks of
// type, length, body, length. A section header begins anew: byte order, interfaces.
#include "capture/pcap/detail/file_base.hpp"

namespace dnstorm::capture::pcap::detail {
namespace {

constexpr std::uint32_t block_section = 0x0a0d0d0a;  // the same in both byte orders
constexpr std::uint32_t block_interface = 1;
constexpr std::uint32_t block_packet_obsolete = 2;
constexpr std::uint32_t block_packet_simple = 3;
constexpr std::uint32_t block_packet = 6;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::size_t block_min = 12;
constexpr std::size_t interfaces_max = 65'536;
constexpr std::uint16_t option_end = 0, option_time_resolution = 9, option_time_offset = 14;

__extension__ using Wide = unsigned __int128;

// Turns an interface's ticks into nanoseconds.
class TickClock {
 public:
  // if_tsresol: a power of ten, or of two with the upper bit set; 6 by default. False where a
  // second would have more ticks than fit into 64 bits.
  bool set_resolution(std::uint8_t option) {
    unsigned exponent = option & 0x7fu;
    if (exponent > (option & 0x80 ? 63u : 19u)) return false;
    ticks_per_s_ = 1;
    for (unsigned i = 0; i < exponent; ++i) ticks_per_s_ *= option & 0x80 ? 2u : 10u;
    prepare();
    return true;
  }
  void set_offset(std::int64_t seconds) {
    offset_s_ = seconds;
    prepare();
  }

  // Times that do not fit into 64 bits of nanoseconds (the year 2262) stop at time_max.
  TimeNs time(std::uint64_t ticks) const {
    if (ticks < plain_ticks_end_) [[likely]]
      return static_cast<TimeNs>(ticks * ns_per_tick_);
    return time_divided(ticks);
  }

 private:
  // Micro- and nanoseconds without an offset need no division.
  void prepare() {
    constexpr std::uint64_t unit_ns = ns_per_s;
    bool plain = offset_s_ == 0 && unit_ns % ticks_per_s_ == 0;
    ns_per_tick_ = plain ? unit_ns / ticks_per_s_ : 0;
    plain_ticks_end_ = plain ? static_cast<std::uint64_t>(time_max) / ns_per_tick_ : 0;
  }

  TimeNs time_divided(std::uint64_t ticks) const {
    std::uint64_t seconds = ticks / ticks_per_s_;
    auto fraction = static_cast<TimeNs>(Wide{ticks % ticks_per_s_} * ns_per_s / ticks_per_s_);
    std::int64_t sum = 0;
    TimeNs ns = 0;
    bool over = seconds > static_cast<std::uint64_t>(time_max / ns_per_s) ||
                __builtin_add_overflow(static_cast<std::int64_t>(seconds), offset_s_, &sum) ||
                __builtin_mul_overflow(sum, ns_per_s, &ns) ||
                __builtin_add_overflow(ns, fraction, &ns);
    return over ? time_max : ns;
  }

  std::uint64_t ticks_per_s_ = 1'000'000;
  std::int64_t offset_s_ = 0;
  std::uint64_t ns_per_tick_ = 1'000;
  std::uint64_t plain_ticks_end_ = static_cast<std::uint64_t>(time_max) / 1'000;
};

struct Interface {
  packet::LinkType link = packet::LinkType::ethernet;
  std::uint32_t snap_length = 0;  // 0: none
  TickClock clock;
};

class PcapngFile final : public FileBase {
 public:
  using FileBase::FileBase;

  Read next(Packet& out) override {
    while (state_ == Read::packet) {
      if (!open_block()) return state_;
      const std::uint8_t* block = window_.data();
      std::uint32_t length = block_length_;
      Read read = take_block(block, length, out);
      if (state_ != Read::packet) return state_;
      window_.skip(length);
      if (read == Read::packet) {
        ++packets_;
        return Read::packet;
      }
    }
    return state_;
  }

 private:
  // Brings the next block wholly into the window. False: state_ says why.
  bool open_block() {
    if (!window_.need(block_min)) return end_of_stream(block_min), false;
    if (load32(window_.data(), false) == block_section && !begin_section()) return false;
    block_length_ = load32(window_.data() + 4, swap_);
    if (block_length_ < block_min || block_length_ % 4 != 0 || block_length_ > packet_bytes_max)
      return fail(fmt::format("a block of {} bytes", block_length_)), false;
    if (!window_.need(block_length_)) return end_of_stream(block_length_), false;
    if (load32(window_.data() + block_length_ - 4, swap_) != block_length_)
      return fail("the two lengths of a block differ"), false;
    return true;
  }

  bool begin_section() {
    std::uint32_t magic = load32(window_.data() + 8, false);
    if (magic != byte_order_magic && magic != __builtin_bswap32(byte_order_magic))
      return fail("a section without byte order"), false;
    swap_ = magic != byte_order_magic;
    interfaces_.clear();
    return true;
  }

  // Read::packet: `out` is filled. Read::end: a block without a packet. Errors go into state_.
  Read take_block(const std::uint8_t* block, std::uint32_t length, Packet& out) {
    switch (load32(block, swap_)) {
      case block_packet:
        return take_packet(block, length, load32(block + 8, swap_), out);
      case block_packet_obsolete:
        return take_packet(block, length, load16(block + 8, swap_), out);
      case block_packet_simple:
        return take_simple_packet(block, length, out);
      case block_interface:
        return add_interface(block, length);
      case block_section:
        return check_section(block, length);
      default:
        return Read::end;
    }
  }

  // Enhanced and obsolete packet blocks differ in how they number the interface only.
  Read take_packet(const std::uint8_t* block, std::uint32_t length, std::uint32_t id, Packet& out) {
    constexpr std::uint32_t head = 28;
    if (length < head + 4) return fail("a packet block that is too short");
    std::uint32_t kept = load32(block + 20, swap_);
    if (kept > length - head - 4) return fail(fmt::format("a packet of {} bytes", kept));
    if (id >= interfaces_.size()) return fail(fmt::format("a packet of unknown interface {}", id));
    const Interface& interface = interfaces_[id];
    std::uint64_t ticks =
        std::uint64_t{load32(block + 12, swap_)} << 32 | load32(block + 16, swap_);
    out.time = interface.clock.time(ticks);
    out.link = interface.link;
    out.original_length = load32(block + 24, swap_);
    out.bytes = {block + head, kept};
    out.block = window_.block();
    return Read::packet;
  }

  // Belongs to the first interface, has no time, and its kept length has to be worked out.
  Read take_simple_packet(const std::uint8_t* block, std::uint32_t length, Packet& out) {
    if (length < 16) return fail("a packet block that is too short");
    if (interfaces_.empty()) return fail("a packet of unknown interface 0");
    const Interface& interface = interfaces_[0];
    std::uint32_t original = load32(block + 8, swap_);
    std::uint32_t kept =
        interface.snap_length == 0 ? original : std::min(original, interface.snap_length);
    out.time = 0;
    out.link = interface.link;
    out.original_length = original;
    out.bytes = {block + 12, std::min(kept, length - 16)};
    out.block = window_.block();
    return Read::packet;
  }

  Read check_section(const std::uint8_t* block, std::uint32_t length) {
    if (length < 28) return fail("a section header that is too short");
    std::uint16_t major = load16(block + 12, swap_);
    if (major != 1) return fail(fmt::format("pcapng of version {}; only version 1 is read", major));
    return Read::end;
  }

  Read add_interface(const std::uint8_t* block, std::uint32_t length) {
    if (length < 20) return fail("an interface block that is too short");
    if (interfaces_.size() == interfaces_max) return fail("too many interfaces");
    Interface interface;
    interface.link = static_cast<packet::LinkType>(load16(block + 8, swap_));
    interface.snap_length = load32(block + 12, swap_);
    if (!read_options(block + 16, block + length - 4, interface.clock))
      return fail("an interface with broken options");
    interfaces_.push_back(interface);
    return Read::end;
  }

  bool read_options(const std::uint8_t* at, const std::uint8_t* end, TickClock& clock) const {
    while (end - at >= 4) {
      std::uint16_t code = load16(at, swap_);
      std::uint16_t length = load16(at + 2, swap_);
      at += 4;
      if (code == option_end) return true;
      if (end - at < length) return false;
      if (code == option_time_resolution && (length != 1 || !clock.set_resolution(*at)))
        return false;
      if (code == option_time_offset && length == 8) clock.set_offset(load_seconds(at));
      at += std::min<std::ptrdiff_t>((length + 3) & ~3, end - at);
    }
    return true;
  }

  std::int64_t load_seconds(const std::uint8_t* at) const {
    std::uint64_t v;
    std::memcpy(&v, at, 8);
    return static_cast<std::int64_t>(swap_ ? __builtin_bswap64(v) : v);
  }

  bool swap_ = false;
  std::uint32_t block_length_ = 0;
  std::vector<Interface> interfaces_;
};

}  // namespace

bool is_pcapng(const Window& window) {
  return window.size() >= 4 && load32(window.data(), false) == block_section;
}

Result<std::unique_ptr<FileReader>> open_pcapng(std::string name, Window window) {
  return std::unique_ptr<FileReader>(
      std::make_unique<PcapngFile>(std::move(name), std::move(window)));
}

}  // namespace dnstorm::capture::pcap::detail
