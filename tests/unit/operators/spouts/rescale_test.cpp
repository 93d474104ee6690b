// `decode` goes on with other numbers of tasks while connections are open and fragments wait for
// the rest of their datagrams.
#include "tests/unit/operators/rescale_check.hpp"

#include <random>

#include "capture/dns/writer.hpp"
#include "capture/packet/decode.hpp"
#include "capture/synth/frame.hpp"
#include "operators/spouts/decode.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {
namespace {

namespace synth = capture::synth;
using capture::dns::MessageWriter;
using testing::RescaleStep;
using Wire = std::vector<std::uint8_t>;

constexpr std::size_t steps_count = 16;
const testing::TextOptions short_memory = {{"tcp_timeout", {"5s"}}, {"fragment_timeout", {"4s"}}};

Wire message(std::uint16_t id, bool response) {
  MessageWriter w;
  auto flags = static_cast<std::uint16_t>(response ? MessageWriter::qr : 0);
  auto wire = w.begin(id, flags).question(fmt::format("name-{}.example", id), 1).finish();
  return {wire.begin(), wire.end()};
}

class Traffic {
 public:
  // Three messages, whose segments come a step apart; some come twice, some too late, some never.
  void connection(std::uint8_t host, std::size_t step) {
    synth::Endpoints ends = ends_of(host);
    if (host % 2 != 0) ends = ends.reversed();
    Wire stream;
    for (std::uint16_t i = 0; i < 3; ++i) {
      Wire wire = message(static_cast<std::uint16_t>(host * 4 + i), host % 2 != 0);
      stream.push_back(0);
      stream.push_back(static_cast<std::uint8_t>(wire.size()));
      stream.insert(stream.end(), wire.begin(), wire.end());
    }
    std::uint32_t sequence = static_cast<std::uint32_t>(dice_());
    if (host % 5 != 0) segment(step, ends, {sequence, 0, synth::tcp_syn}, {});
    ++sequence;
    for (std::size_t at = 0; at < stream.size();) {
      std::size_t size = std::min<std::size_t>(5 + dice_() % 30, stream.size() - at);
      synth::TcpFields tcp{sequence + static_cast<std::uint32_t>(at), 1, synth::tcp_ack};
      auto data = std::span(stream).subspan(at, size);
      step += dice_() % 2;
      std::size_t kind = dice_() % 12;
      if (kind != 0) segment(kind == 1 ? step + 2 : step, ends, tcp, data);
      if (kind == 2) segment(step + 1, ends, tcp, data);
      at += size;
    }
    constexpr std::uint8_t fin = 0x01;
    synth::TcpFields tcp{sequence + static_cast<std::uint32_t>(stream.size()), 1,
                         static_cast<std::uint8_t>(synth::tcp_ack | fin)};
    if (host % 3 != 0) segment(step + 1, ends, tcp, {});
  }

  // A datagram in three fragments, in any order; of some, one is missing.
  void fragments(std::uint8_t host, std::size_t step) {
    synth::Frame whole;
    synth::build_udp(ends_of(host), message(host, false), whole);
    constexpr std::size_t head = synth::ethernet_header + synth::ipv4_header;
    std::size_t size = whole.size() - head, third = size / 24 * 8;
    std::size_t begins[] = {0, third, 2 * third, size};
    std::size_t order[] = {0, 1, 2};
    std::shuffle(std::begin(order), std::end(order), dice_);
    for (std::size_t part : order) {
      std::size_t begin = begins[part], end = begins[part + 1];
      synth::Frame frame(whole.begin(), whole.begin() + head);
      frame.insert(frame.end(), whole.begin() + static_cast<std::ptrdiff_t>(head + begin),
                   whole.begin() + static_cast<std::ptrdiff_t>(head + end));
      put16(frame, 16, synth::ipv4_header + end - begin);
      put16(frame, 18, host);
      put16(frame, 20, begin / 8 | (part == 2 ? 0U : 0x2000U));
      if (host % 7 != 0 || part != 1) put(step, frame);
      step += dice_() % 3;
    }
  }
  std::vector<RescaleStep> take() { return std::move(steps_); }

 private:
  static synth::Endpoints ends_of(std::uint8_t host) {
    return {parse_ip(fmt::format("192.0.2.{}", host)).value(),
            parse_ip(fmt::format("198.51.100.{}", host % 3)).value(), 4711, 53, 64};
  }
  static void put16(synth::Frame& frame, std::size_t at, std::size_t value) {
    frame[at] = static_cast<std::uint8_t>(value >> 8U);
    frame[at + 1] = static_cast<std::uint8_t>(value);
  }
  void segment(std::size_t step, const synth::Endpoints& ends, const synth::TcpFields& tcp,
               std::span<const std::uint8_t> data) {
    synth::Frame frame;
    synth::build_tcp(ends, tcp, data, frame);
    put(step, frame);
  }
  void put(std::size_t step, const synth::Frame& frame) {
    if (step >= steps_.size()) return;
    auto& rows = steps_[step].rows;
    auto link = capture::packet::LinkType::ethernet;
    rows.push_back({fmt::format("{}ms", step * 1000 + rows.size()), "1",
                    fmt::format("{}", frame.size()),
                    fmt::format("{}", capture::packet::hosts_hash(link, frame)),
                    std::string(frame.begin(), frame.end())});
    steps_[step].watermark = static_cast<TimeNs>(step) * ns_per_s;
  }
  std::mt19937_64 dice_{4};
  std::vector<RescaleStep> steps_ = std::vector<RescaleStep>(steps_count);
};

std::vector<RescaleStep> traffic() {
  Traffic all;
  for (std::uint8_t host = 0; host < 200; ++host) {
    if (host % 4 != 0)
      all.connection(host, host % 12);
    else
      all.fragments(host, host % 11);
  }
  return all.take();
}

testing::RescaledTasks decode_tasks() {
  testing::RescaledTasks tasks(decode_operator(), short_memory, packet_fields(), {"hosts"});
  // Each task has a row of its own for the packets of a second: their sums are the counters.
  tasks.look_at({messages_stream, questions_stream, records_stream, options_stream, icmp_stream});
  return tasks;
}

TEST(Rescale, decode_with_open_connections_and_fragments) {
  std::vector<RescaleStep> steps = traffic();
  for (std::size_t cut = 1; cut + 3 < steps.size(); ++cut) {
    testing::RescaledTasks whole = decode_tasks(), rescaled = decode_tasks();
    rescaled.start(2);
    std::size_t messages = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (i == cut) rescaled.rescale(5);
      if (i == cut + 1) rescaled.rescale(1);
      if (i == cut + 2) rescaled.rescale(3);
      std::vector<std::string> rows = whole.take(steps[i]);
      ASSERT_EQ(rescaled.take(steps[i]), rows) << "cut " << cut << ", step " << i;
      messages += rows.size();
    }
    ASSERT_EQ(rescaled.finish(), whole.finish()) << "cut " << cut << ", at the end";
    auto counts = whole.counts();
    ASSERT_EQ(rescaled.counts(), counts) << "cut " << cut;
    EXPECT_GT(messages, 200u);
    for (const char* name : {"tcp.messages", "tcp.unfinished", "tcp.expired", "fragments.completed",
                             "fragments.expired"})
      EXPECT_GT(counts[name], 0u) << name;
  }
}

}  // namespace
}  // namespace dnstorm::operators
