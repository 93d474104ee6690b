// A link between two workers against bare ZeroMQ (DEALER to ROUTER) with messages of the same size,
// plain and encrypted, all in one process over loopback. Bytes a second of what is sent; the time
// is that of the wall, because five threads share the work.
//
// The link encodes events (one copy), frames, acknowledges, checks and decodes them; bare ZeroMQ
// copies a buffer into each message and throws it away.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <thread>
#include <zmq.hpp>

#include "cluster/wire/data_links.hpp"

using namespace dnstorm;
using namespace dnstorm::cluster;

namespace {

constexpr std::uint64_t bytes_a_run = 1 << 30;
constexpr std::ptrdiff_t bytes_under_way = 16 << 20;  // as credits would have it

SchemaPtr schema() {
  static auto one = std::make_shared<const Schema>(
      std::vector<Field>{{"number", Type::u64}, {"bytes", Type::bytes}});
  return one;
}

// About `size` bytes in rows of 128.
BatchPtr batch(std::size_t size) {
  auto bytes = schema()->ref<Bytes>("bytes");
  std::vector<std::uint8_t> value(112, 'v');
  BatchBuilder builder(schema());
  for (std::size_t i = 0; i < size / 128; ++i) builder.add_row().set_bytes(bytes, value);
  return builder.seal();
}

void link(benchmark::State& state) {
  auto size = static_cast<std::size_t>(state.range(0));
  bool encrypted = state.range(1) != 0;
  std::counting_semaphore<> room(bytes_under_way / state.range(0));
  CurveKeys keys[2];
  if (encrypted) keys[0] = make_curve_keys(), keys[1] = make_curve_keys();
  auto open = [&](const std::string& name, std::size_t own, bool counts) {
    DataLinksOptions options;
    options.hub.identity = name;
    options.hub.keys = keys[own];
    if (encrypted) options.hub.allowed = {{own == 0 ? "b" : "a", keys[1 - own].public_key}};
    options.link.session = own + 1;
    DataHandlers handlers;
    handlers.schema = [](auto, auto) { return schema(); };
    handlers.message = [&room, counts](PeerIndex, WireMessage) {
      if (counts) room.release();
    };
    return DataLinks::start(options, handlers).value();
  };
  auto a = open("a", 0, false);
  auto b = open("b", 1, true);
  bool good = a->set_peers({{"b", b->endpoint(), keys[1].public_key}}).ok() &&
              b->set_peers({{"a", a->endpoint(), keys[0].public_key}}).ok();
  if (!good) return state.SkipWithError("no link");
  runtime::Event event;
  event.batch = batch(size);
  std::uint64_t messages = bytes_a_run / size;
  while (!a->connected(0)) std::this_thread::yield();
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < messages; ++i) {
      room.acquire();
      if (!a->send(0, event).ok()) return state.SkipWithError("not sent");
    }
    for (std::ptrdiff_t i = 0; i < bytes_under_way / state.range(0); ++i) room.acquire();
    room.release(bytes_under_way / state.range(0));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(messages * size));
}

void bare(benchmark::State& state) {
  auto size = static_cast<std::size_t>(state.range(0));
  std::counting_semaphore<> room(bytes_under_way / state.range(0));
  zmq::context_t sending;
  zmq::context_t receiving;
  zmq::socket_t dealer(sending, zmq::socket_type::dealer);
  zmq::socket_t router(receiving, zmq::socket_type::router);
  if (state.range(1) != 0) {
    CurveKeys server = make_curve_keys();
    CurveKeys client = make_curve_keys();
    router.set(zmq::sockopt::curve_server, true);
    router.set(zmq::sockopt::curve_secretkey, server.secret_key);
    dealer.set(zmq::sockopt::curve_serverkey, server.public_key);
    dealer.set(zmq::sockopt::curve_publickey, client.public_key);
    dealer.set(zmq::sockopt::curve_secretkey, client.secret_key);
  }
  router.bind("tcp://127.0.0.1:0");
  dealer.connect(router.get(zmq::sockopt::last_endpoint));
  std::thread receiver([&] {
    for (;;) {
      zmq::message_t identity;
      zmq::message_t message;
      std::ignore = router.recv(identity);
      std::ignore = router.recv(message);
      if (message.size() == 0) return;
      room.release();
    }
  });
  std::vector<char> bytes(size, 'v');
  std::uint64_t messages = bytes_a_run / size;
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < messages; ++i) {
      room.acquire();
      dealer.send(zmq::buffer(bytes));
    }
    for (std::ptrdiff_t i = 0; i < bytes_under_way / state.range(0); ++i) room.acquire();
    room.release(bytes_under_way / state.range(0));
  }
  dealer.send(zmq::message_t(), zmq::send_flags::none);
  receiver.join();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(messages * size));
}

// Bare and link of one size after each other, so that both meet the same machine.
using Named = std::pair<const char*, void (*)(benchmark::State&)>;
void add_all() {
  for (std::int64_t encrypted : {0, 1}) {
    for (std::int64_t bytes : {16 << 10, 64 << 10, 128 << 10}) {
      for (auto [name, run] : {Named{"bare", bare}, Named{"link", link}}) {
        benchmark::RegisterBenchmark(name, run)
            ->ArgNames({"bytes", "curve"})
            ->Args({bytes, encrypted})
            ->Iterations(1)
            ->Repetitions(5)
            ->ReportAggregatesOnly()
            ->UseRealTime()
            ->MeasureProcessCPUTime()
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
