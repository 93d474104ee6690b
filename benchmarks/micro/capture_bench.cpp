// The front end, station by station: reading a capture file, decoding frames, parsing messages, and
// all of it together. DNSTORM_BENCH_PCAP names the capture; a million packets are plenty.
//   DNSTORM_BENCH_PCAP=big.pcap build/release/benchmarks/bench_capture
// ns_per_packet is CPU time; "packets" counts frames, "messages" what was parsed.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/pcap/reader.hpp"

namespace dnstorm::capture {
namespace {

// The whole capture in memory, so that decoding and parsing are timed without the reader.
struct Capture {
  std::vector<std::uint8_t> bytes;
  std::vector<std::size_t> ends;
  packet::LinkType link = packet::LinkType::ethernet;

  std::span<const std::uint8_t> frame(std::size_t i) const {
    std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::span(bytes).subspan(begin, ends[i] - begin);
  }
};

const char* path() { return std::getenv("DNSTORM_BENCH_PCAP"); }

std::unique_ptr<pcap::FileReader> open(benchmark::State& state) {
  if (path() == nullptr) {
    state.SkipWithError("DNSTORM_BENCH_PCAP does not name a capture");
    return nullptr;
  }
  auto reader = pcap::FileReader::open(path());
  if (!reader) {
    state.SkipWithError(reader.error().what.c_str());
    return nullptr;
  }
  return std::move(*reader);
}

const Capture& loaded(benchmark::State& state) {
  static const Capture capture = [&state] {
    Capture all;
    auto reader = open(state);
    pcap::Packet packet;
    while (reader && reader->next(packet) == pcap::Read::packet) {
      all.bytes.insert(all.bytes.end(), packet.bytes.begin(), packet.bytes.end());
      all.ends.push_back(all.bytes.size());
      all.link = packet.link;
    }
    return all;
  }();
  if (capture.ends.empty()) state.SkipWithError("no packets to work on");
  return capture;
}

void report(benchmark::State& state, std::size_t packets) {
  state.counters["packets"] = static_cast<double>(packets);
  auto all = static_cast<double>(packets) * static_cast<double>(state.iterations());
  // The inverse of a rate is time per packet; Google Benchmark prints it with n for nano.
  state.counters["per_packet"] =
      benchmark::Counter(all, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void read_file(benchmark::State& state) {
  std::size_t packets = 0;
  for (auto _ : state) {
    auto reader = open(state);
    if (!reader) return;
    pcap::Packet packet;
    while (reader->next(packet) == pcap::Read::packet)
      benchmark::DoNotOptimize(packet.bytes.data());
    packets = reader->packets();
  }
  report(state, packets);
}

void decode_frames(benchmark::State& state) {
  const Capture& capture = loaded(state);
  packet::Datagram datagram;
  for (auto _ : state) {
    for (std::size_t i = 0; i < capture.ends.size(); ++i) {
      std::span<const std::uint8_t> frame = capture.frame(i);
      benchmark::DoNotOptimize(
          packet::decode(capture.link, frame, static_cast<std::uint32_t>(frame.size()), datagram));
    }
  }
  report(state, capture.ends.size());
}

void parse_messages(benchmark::State& state) {
  const Capture& capture = loaded(state);
  std::vector<std::span<const std::uint8_t>> payloads;
  packet::Datagram datagram;
  for (std::size_t i = 0; i < capture.ends.size(); ++i) {
    std::span<const std::uint8_t> frame = capture.frame(i);
    auto size = static_cast<std::uint32_t>(frame.size());
    if (packet::decode(capture.link, frame, size, datagram) == packet::Verdict::udp)
      payloads.push_back(datagram.payload);
  }
  dns::Message message;
  for (auto _ : state)
    for (std::span<const std::uint8_t> payload : payloads)
      benchmark::DoNotOptimize(dns::parse(payload, message));
  report(state, payloads.size());
}

void whole_front_end(benchmark::State& state) {
  std::size_t packets = 0, messages = 0;
  for (auto _ : state) {
    auto reader = open(state);
    if (!reader) return;
    pcap::Packet packet;
    packet::Datagram datagram;
    dns::Message message;
    std::uint64_t sum = 0;
    messages = 0;
    while (reader->next(packet) == pcap::Read::packet) {
      auto verdict = packet::decode(packet.link, packet.bytes, packet.original_length, datagram);
      if (verdict != packet::Verdict::udp) continue;
      messages += dns::parse(datagram.payload, message) == dns::ParseError::none;
      sum += message.qname_hash;
    }
    benchmark::DoNotOptimize(sum);
    packets = reader->packets();
  }
  report(state, packets);
  state.counters["messages"] = static_cast<double>(messages);
}

BENCHMARK(read_file)->Unit(benchmark::kMillisecond);
BENCHMARK(decode_frames)->Unit(benchmark::kMillisecond);
BENCHMARK(parse_messages)->Unit(benchmark::kMillisecond);
BENCHMARK(whole_front_end)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace dnstorm::capture

BENCHMARK_MAIN();
