// DNS over TCP: segments of many connections at once, each a query with its length, from frame to
// message: decoded, put into its stream, parsed. The argument is the number of connections: from
// those that fit into the caches to those that do not.
//   build/release/benchmarks/bench_stream
#include <benchmark/benchmark.h>

#include <vector>

#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/stream/tcp_streams.hpp"

namespace dnstorm::capture {
namespace {

constexpr std::size_t frame_size = 14 + 20 + 20 + 2 + 29;

void put(std::vector<std::uint8_t>& out, std::initializer_list<unsigned> bytes) {
  for (unsigned byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
}

// The first segment of a connection; its sequence number is at offset 38.
std::vector<std::uint8_t> frame(std::uint32_t connection) {
  std::vector<std::uint8_t> out(12);
  put(out, {8, 0, 0x45, 0, 0, frame_size - 14, 0, 0, 0x40, 0, 64, 6, 0, 0});
  put(out, {10, connection >> 24, connection >> 16 & 255, connection >> 8 & 255, 192, 0, 2, 53});
  put(out, {0x10, connection & 255, 0, 53, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0});
  put(out, {0, 29, 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e'});
  put(out, {3, 'c', 'o', 'm', 0, 0, 1, 0, 1});
  return out;
}

struct Parse final : stream::MessageSink {
  void message(const packet::Datagram&, TimeNs, std::span<const std::uint8_t> wire, bool,
               std::uint32_t) override {
    faults += dns::parse(wire, parsed) != dns::ParseError::none;
  }
  dns::Message parsed;
  std::size_t faults = 0;
};

void messages(benchmark::State& state) {
  auto connections = static_cast<std::uint32_t>(state.range(0));
  std::vector<std::vector<std::uint8_t>> frames;
  for (std::uint32_t i = 0; i < connections; ++i) frames.push_back(frame(i));
  stream::TcpStreams streams({.memory = std::size_t{2} << 30});
  Parse sink;
  packet::Datagram datagram;
  std::uint32_t seq = 0;
  for (auto _ : state) {
    for (auto& bytes : frames) {
      for (unsigned i = 0; i < 4; ++i)
        bytes[38 + i] = static_cast<std::uint8_t>(seq >> (24 - 8 * i));
      packet::decode(packet::LinkType::ethernet, bytes, frame_size, datagram);
      streams.take(0, datagram, 0, sink);
    }
    seq += 31;
  }
  auto all = connections * static_cast<std::uint64_t>(state.iterations());
  if (streams.counts().messages != all || sink.faults != 0)
    state.SkipWithError("not every segment gave its message");
  state.counters["per_message"] = benchmark::Counter(
      static_cast<double>(all), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK(messages)->Arg(100)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dnstorm::capture

BENCHMARK_MAIN();
