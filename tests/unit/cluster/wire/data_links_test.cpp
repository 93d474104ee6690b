#include "cluster/wire/data_links.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <random>

#include "tests/unit/cluster/wire/cutting_proxy.hpp"

namespace dnstorm::cluster {
namespace {

using runtime::Acks;
using runtime::Credit;
using runtime::Event;

SchemaPtr schema() {
  static auto one = std::make_shared<const Schema>(
      std::vector<Field>{{"number", Type::u64}, {"bytes", Type::bytes}});
  return one;
}

// About 128 KiB.
BatchPtr large_batch(std::uint64_t seed) {
  auto number = schema()->ref<std::uint64_t>("number");
  auto bytes = schema()->ref<Bytes>("bytes");
  std::mt19937_64 random(seed);
  BatchBuilder builder(schema());
  std::vector<std::uint8_t> value(1000);
  for (std::uint64_t i = 0; i < 128; ++i) {
    for (std::uint8_t& byte : value) byte = static_cast<std::uint8_t>(random());
    RowWriter row = builder.add_row();
    row.set(number, i);
    row.set_bytes(bytes, value);
  }
  return builder.seal();
}

std::uint64_t hash_of(const Event& event, std::uint64_t seed) {
  auto number = schema()->ref<std::uint64_t>("number");
  auto bytes = schema()->ref<Bytes>("bytes");
  std::uint64_t hash = hash_combine(seed, event.round);
  for (RowView row : Rows(*event.batch, event.selection.get())) {
    auto value = row.get(bytes);
    hash = hash_combine(hash, row.get(number) ^ hash_bytes(value.data(), value.size()));
  }
  return hash;
}

// A worker that keeps count of what comes in.
struct Worker {
  std::function<void()> before_event = [] {};
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t events = 0;
  std::uint64_t hash = 0;
  std::uint64_t credits = 0;
  std::uint64_t acks = 0;
  bool in_order = true;
  std::unique_ptr<DataLinks> links;

  explicit Worker(const std::string& name, const CurveKeys& keys = {},
                  std::map<std::string, std::string> allowed = {}, int zstd_level = 0) {
    DataLinksOptions options;
    options.hub.identity = name;
    options.hub.keys = keys;
    options.hub.allowed = std::move(allowed);
    options.link.incarnation = 5;
    options.link.session = hash_bytes(name);
    options.encode.zstd_level = zstd_level;
    DataHandlers handlers;
    handlers.schema = [](auto, auto) { return schema(); };
    handlers.message = [this](PeerIndex, WireMessage message) { take(message); };
    links = DataLinks::start(options, handlers).value();
  }
  void take(const WireMessage& message) {
    if (std::holds_alternative<Event>(message)) before_event();
    std::lock_guard lock(mutex);
    if (const auto* event = std::get_if<Event>(&message)) {
      in_order = in_order && event->round == events;
      ++events;
      if (event->batch) hash = hash_of(*event, hash);
    } else if (const auto* credit = std::get_if<Credit>(&message)) {
      in_order = in_order && credit->rounds == credits;
      ++credits;
    } else {
      ++acks;
    }
    changed.notify_all();
  }
  template <class Holds>
  void wait(Holds holds) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::minutes(10), holds));
  }
};

TEST(DataLinks, CarryEventsCreditsAndAcks) {
  Worker a("a");
  Worker b("b");
  ASSERT_TRUE(a.links->set_peers({{"b", b.links->endpoint(), ""}}).ok());
  ASSERT_TRUE(b.links->set_peers({{"a", a.links->endpoint(), ""}}).ok());
  Event event;
  event.batch = large_batch(1);
  ASSERT_TRUE(a.links->send(0, event).ok());
  ASSERT_TRUE(b.links->send(0, Credit{1, 2, 3, 0}).ok());
  ASSERT_TRUE(b.links->send(0, Acks{1, {{}}}).ok());
  b.wait([&] { return b.events == 1; });
  a.wait([&] { return a.credits == 1 && a.acks == 1; });
  EXPECT_EQ(b.hash, hash_of(event, 0));
  EXPECT_TRUE(a.links->connected(0));
  EXPECT_EQ(a.links->statistics(0).messages_sent, 1u);
}

TEST(DataLinks, CarryThemPackedAndEncrypted) {
  CurveKeys a_keys = make_curve_keys();
  CurveKeys b_keys = make_curve_keys();
  Worker a("a", a_keys, {{"b", b_keys.public_key}}, 1);
  Worker b("b", b_keys, {{"a", a_keys.public_key}}, 1);
  ASSERT_TRUE(a.links->set_peers({{"b", b.links->endpoint(), b_keys.public_key}}).ok());
  ASSERT_TRUE(b.links->set_peers({{"a", a.links->endpoint(), a_keys.public_key}}).ok());
  Event event;
  BatchBuilder builder(schema());
  for (int i = 0; i < 1000; ++i) builder.add_row();
  event.batch = builder.seal();
  ASSERT_TRUE(a.links->send(0, event).ok());
  b.wait([&] { return b.events == 1; });
  EXPECT_EQ(b.hash, hash_of(event, 0));
  DataLinkStatistics shown = a.links->statistics(0);
  EXPECT_GT(shown.bytes_unpacked, 10 * shown.bytes_packed);
}

TEST(DataLinks, WaitForAPeerThatLearnsOfThemLater) {
  Worker a("a");
  Worker b("b");
  ASSERT_TRUE(b.links->set_peers({{"a", a.links->endpoint(), ""}}).ok());
  ASSERT_TRUE(b.links->send(0, Credit{}).ok());
  while (a.links->strangers() == 0) std::this_thread::yield();
  EXPECT_FALSE(b.links->idle());
  EXPECT_GT(b.links->outbox_bytes(0), 0u);
  ASSERT_TRUE(a.links->set_peers({{"b", b.links->endpoint(), ""}}).ok());
  a.wait([&] { return a.credits == 1; });
}

TEST(DataLinks, RefuseWhatNoLinkCarries) {
  DataLinksOptions options;
  options.hub.identity = "b";
  options.link.session = 1;
  options.link.message_bytes_max = 1000;
  auto links = DataLinks::start(options, {}).value();
  ASSERT_TRUE(links->set_peers({{"a", "tcp://127.0.0.1:1", ""}}).ok());
  Event event;
  event.batch = large_batch(1);
  auto refused = links->send(0, event);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::data);
  EXPECT_TRUE(links->idle());
}

// DNSTORM_LINK_BYTES: how many are sent through a proxy that cuts the connection again and again.
TEST(DataLinks, BringEverythingIntactUnderReconnects) {
  const char* wanted = std::getenv("DNSTORM_LINK_BYTES");
  std::uint64_t bytes = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 200'000'000;
  Worker a("a");
  Worker b("b");
  std::string port = a.links->endpoint().substr(a.links->endpoint().rfind(':') + 1);
  CuttingProxy proxy(static_cast<std::uint16_t>(std::stoi(port)),
                     std::min<std::uint64_t>(bytes / 25, 100'000'000), 1);
  ASSERT_TRUE(a.links->set_peers({{"b", b.links->endpoint(), ""}}).ok());
  ASSERT_TRUE(b.links->set_peers({{"a", proxy.endpoint(), ""}}).ok());
  std::vector<BatchPtr> batches;
  for (std::uint64_t i = 0; i < 16; ++i) batches.push_back(large_batch(i));
  std::uint64_t rounds = bytes / batches[0]->byte_size();
  std::uint64_t hash = 0;
  auto began = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < rounds; ++i) {
    // As the engine's credits would.
    b.wait([&] { return i < b.events + 256; });
    Event event;
    event.round = i;
    event.batch = batches[i % batches.size()];
    hash = hash_of(event, hash);
    ASSERT_TRUE(a.links->send(0, event).ok());
    ASSERT_TRUE(b.links->send(0, Credit{1, 2, 3, i}).ok());
  }
  b.wait([&] { return b.events == rounds; });
  a.wait([&] { return a.credits == rounds; });
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  EXPECT_EQ(b.hash, hash);
  EXPECT_TRUE(a.in_order);
  EXPECT_TRUE(b.in_order);
  EXPECT_GT(proxy.cuts(), 10u);
  LinkStatistics shown = a.links->statistics(0).link;
  std::string figures = fmt::format(
      "{} events, {:.1f} GB in {:.1f} s ({:.2f} GB/s), {} cuts, {} of {} frames sent again", rounds,
      static_cast<double>(bytes) / 1e9, seconds, static_cast<double>(bytes) / 1e9 / seconds,
      proxy.cuts(), shown.frames_resent, shown.frames_sent);
  RecordProperty("figures", figures);
  std::printf("%s\n", figures.c_str());
}

// The one that connects is slow: frames of several parts wait in ZeroMQ's pipe when the connection
// breaks, and are read after it. Where in a frame ZeroMQ hears of it is chance: several times.
TEST(DataLinks, ReadOnWhatCameBeforeACut) {
  constexpr std::uint64_t rounds = 200;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Worker a("a");
    Worker b("b");
    std::string port = a.links->endpoint().substr(a.links->endpoint().rfind(':') + 1);
    CuttingProxy proxy(static_cast<std::uint16_t>(std::stoi(port)), 2'000'000, seed);
    b.before_event = [&] {
      // More is under way than passes the proxy before its first cut.
      while (proxy.cuts() == 0) std::this_thread::yield();
    };
    ASSERT_TRUE(a.links->set_peers({{"b", b.links->endpoint(), ""}}).ok());
    ASSERT_TRUE(b.links->set_peers({{"a", proxy.endpoint(), ""}}).ok());
    Event event;
    event.batch = large_batch(1);
    for (event.round = 0; event.round < rounds; ++event.round)
      ASSERT_TRUE(a.links->send(0, event).ok());
    b.wait([&] { return b.events == rounds; });
    EXPECT_TRUE(b.in_order);
  }
}

}  // namespace
}  // namespace dnstorm::cluster
