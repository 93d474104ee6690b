// Writes a flood as a capture to standard output, as fast as a pipe takes it:
//
//   make_flood syns|fragments|queries|mixed|answered|subdomains PACKETS | dnstorm run TOPOLOGY
//
// No two packets belong together: each has a flow, or a packet, of its own that never goes on;
// every second one is IPv6. But for "answered": queries with their responses, each of a client and
// for a name of its own, one in eight of them IPv6; and "subdomains": the same of 5,000 clients.
// Packets are 1 us apart. Of eight fragments seven are small, so that packets run out first, and
// one is large, so that bytes do. "mixed" takes the first three kinds in turn.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::uint32_t first_second = 1'700'000'000;
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::uint32_t clients_few = 5000;
constexpr std::uint32_t server_v4 = 0xc0000235, server_v6 = 0x53;
constexpr std::size_t large_fragment = 1232, small_fragment = 32;

class Bytes {
 public:
  void clear() { size_ = 0; }
  void put8(std::uint32_t value) { bytes_[size_++] = static_cast<std::uint8_t>(value); }
  void put16(std::uint32_t value) {
    put8(value >> 8);
    put8(value);
  }
  void put32(std::uint32_t value) {
    put16(value >> 16);
    put16(value);
  }
  void put_text(std::string_view text) {
    std::memcpy(bytes_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void put_zeros(std::size_t count) {
    std::memset(bytes_.data() + size_, 0, count);
    size_ += count;
  }
  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::array<std::uint8_t, 2048> bytes_{};
  std::size_t size_ = 0;
};

enum class Kind { syns, fragments, queries, mixed, answered, subdomains };

std::uint32_t port_of(std::uint32_t flow) { return 1024 + flow * 7919U % 64000; }

void put_syn(Bytes& out, std::uint32_t flow) {
  out.put16(port_of(flow));
  out.put16(53);
  out.put32(flow * 2654435761U);  // the initial sequence number
  out.put32(0);
  out.put16(0x5002);  // five words of header; SYN
  out.put16(65535);
  out.put32(0);
}

void put_udp(Bytes& out, std::uint32_t flow, std::size_t payload, bool response) {
  out.put16(response ? 53 : port_of(flow));
  out.put16(response ? port_of(flow) : 53);
  out.put16(static_cast<std::uint32_t>(8 + payload));
  out.put16(0);
}

void put_message(Bytes& out, std::uint32_t flow, bool response) {
  out.put16(flow);
  out.put16(response ? 0x8183 : 0x0100);  // NXDOMAIN
  out.put16(1);
  out.put_zeros(6);
  out.put8(8);
  for (int shift = 28; shift >= 0; shift -= 4) out.put_text(digits.substr(flow >> shift & 15, 1));
  out.put_text(
      std::string_view("\x05"
                       "flood\x07"
                       "example\x00\x00\x01\x00\x01",
                       19));
}
constexpr std::size_t message_size = 12 + 9 + 19;

struct Packet {
  Kind kind;
  std::uint32_t flow;
  bool v6;
  bool response;
  std::uint32_t client;
};

// What follows the IP header and its extensions.
void put_payload(Bytes& out, const Packet& packet) {
  if (packet.kind == Kind::syns) return put_syn(out, packet.flow);
  if (packet.kind != Kind::fragments) {
    put_udp(out, packet.flow, message_size, packet.response);
    return put_message(out, packet.flow, packet.response);
  }
  std::size_t size = packet.flow % 16 >= 14 ? large_fragment : small_fragment;
  put_udp(out, packet.flow, 2 * size, false);
  put_message(out, packet.flow, false);
  if (size == large_fragment) out.put_zeros(size - 8 - message_size);
}

void put_ipv4(Bytes& out, const Packet& packet, std::size_t payload) {
  const auto& [kind, flow, v6, response, client] = packet;
  out.put16(0x4500);
  out.put16(static_cast<std::uint32_t>(20 + payload));
  out.put16(flow);
  out.put16(kind == Kind::fragments ? 0x2000 : 0);  // more fragments
  out.put16(0x4000 | (kind == Kind::syns ? 6 : 17));
  out.put16(0);
  out.put32(response ? server_v4 : 0x0a000000 | client);
  out.put32(response ? 0x0a000000 | client : server_v4);
}

void put_ipv6(Bytes& out, const Packet& packet, std::size_t payload) {
  const auto& [kind, flow, v6, response, client] = packet;
  bool fragment = kind == Kind::fragments;
  std::uint32_t protocol = kind == Kind::syns ? 6 : 17;
  out.put32(0x60000000);
  out.put16(static_cast<std::uint32_t>(payload + (fragment ? 8 : 0)));
  out.put8(fragment ? 44 : protocol);
  out.put8(64);
  for (std::uint32_t last : {response ? server_v6 : client, response ? client : server_v6}) {
    out.put32(0x20010db8);
    out.put_zeros(8);
    out.put32(last);
  }
  if (!fragment) return;
  out.put16(protocol << 8);
  out.put16(1);  // offset 0, more fragments
  out.put32(flow);
}

void make_packet(Bytes& payload, Bytes& out, const Packet& packet) {
  payload.clear();
  put_payload(payload, packet);
  out.clear();
  out.put_zeros(12);
  out.put16(packet.v6 ? 0x86dd : 0x0800);
  (packet.v6 ? put_ipv6 : put_ipv4)(out, packet, payload.size());
  out.put_text({reinterpret_cast<const char*>(payload.data()), payload.size()});
}

Packet packet_of(Kind kind, std::uint32_t number) {
  std::uint32_t query = number / 2;
  bool v6 = query % 8 == 7;
  bool response = number % 2 == 1;
  if (kind == Kind::answered) return {kind, query, v6, response, query};
  if (kind == Kind::subdomains) return {kind, query, v6, response, query % clients_few};
  Kind now = kind == Kind::mixed ? static_cast<Kind>(number % 3) : kind;
  return {now, number, number % 2 == 1, false, number};
}

bool write_flood(Kind kind, std::uint32_t packets) {
  // In the byte order of this machine, as libpcap writes it: microseconds, Ethernet.
  const std::uint32_t head[] = {0xa1b2c3d4, 4U << 16 | 2, 0, 0, 65535, 1};
  if (std::fwrite(head, sizeof head, 1, stdout) != 1) return false;
  Bytes payload, packet;
  for (std::uint32_t number = 0; number < packets; ++number) {
    make_packet(payload, packet, packet_of(kind, number));
    auto size = static_cast<std::uint32_t>(packet.size());
    const std::uint32_t record[] = {first_second + number / 1'000'000, number % 1'000'000, size,
                                    size};
    if (std::fwrite(record, sizeof record, 1, stdout) != 1 ||
        std::fwrite(packet.data(), size, 1, stdout) != 1)
      return false;
  }
  return std::fflush(stdout) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> kinds = {"syns",  "fragments", "queries",
                                               "mixed", "answered",  "subdomains"};
  for (std::size_t i = 0; argc == 3 && i < kinds.size(); ++i) {
    if (kinds[i] != argv[1]) continue;
    std::vector<char> buffer(std::size_t{1} << 20);
    std::setvbuf(stdout, buffer.data(), _IOFBF, buffer.size());
    bool good = write_flood(static_cast<Kind>(i),
                            static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)));
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    return good ? 0 : 74;
  }
  std::fputs("make_flood syns|fragments|queries|mixed|answered|subdomains PACKETS\n", stderr);
  return 64;
}
