// Two ends of a link and a way between them that loses, doubles, delays, reorders, breaks, and
// brings what nobody of the two has sent: from one seed, in stepped time.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "cluster/link/link_end.hpp"

namespace dnstorm::cluster {
namespace {

constexpr int messages = 400;  // of each end

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    LinkOptions options;
    options.incarnation = 3;
    options.window_bytes = 1u << (12 + draw(8));
    options.window_frames = 4 + draw(60);
    options.frame_bytes = options.window_bytes / (1 + draw(4));
    for (std::size_t i = 0; i < 2; ++i) {
      options.session = 10 + i;
      ends_[i].link = LinkEnd(options);
    }
    loss_ = static_cast<double>(draw(30)) / 100;
    doubling_ = static_cast<double>(draw(20)) / 100;
    delay_max_ = (1 + draw(200)) * ns_per_ms;
    breaks_ = draw(10);
  }

  void run() {
    TimeNs deadline = 3600 * ns_per_s;
    connect();
    while (!done() && now_ < deadline) step();
    ASSERT_LT(now_, deadline) << "the link stands still";
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t lane = 0; lane < lane_count; ++lane)
        EXPECT_EQ(ends_[i].received[lane], ends_[1 - i].sent[lane]);
  }

 private:
  struct End {
    LinkEnd link{LinkOptions{.session = 1}};
    std::array<int, lane_count> sent{};
    std::array<int, lane_count> received{};
  };
  struct Flying {
    std::size_t to;
    std::uint64_t way;
    Frame frame;
  };

  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  bool chance(double p) { return std::uniform_real_distribution<>()(random_) < p; }

  static std::string text(std::size_t from, std::size_t lane, int number, std::size_t size) {
    std::string out =
        std::to_string(from) + "," + std::to_string(lane) + "," + std::to_string(number) + ",";
    out.resize(std::max(out.size(), size), static_cast<char>('a' + number % 26));
    return out;
  }

  void send_some(std::size_t from) {
    End& end = ends_[from];
    for (unsigned i = draw(6); i > 0 && end.sent[0] + end.sent[1] < messages; --i) {
      std::size_t lane = draw(3) == 0 ? 0 : 1;
      std::size_t size = draw(4) == 0 ? draw(20'000) : draw(100);
      end.link.send(Buffer::copy_of(text(from, lane, end.sent[lane]++, size)),
                    static_cast<Lane>(lane));
    }
  }

  void put_on_way(std::size_t from) {
    for (Frame& frame : ends_[from].link.frames(now_)) {
      old_.push_back({1 - from, 0, frame});
      if (old_.size() > 50) old_.erase(old_.begin());
      if (!connected_) continue;
      for (int copies = chance(doubling_) ? 2 : 1; copies > 0; --copies)
        if (!chance(loss_))
          flying_.emplace(now_ + 1 + draw(1000) * delay_max_ / 1000, Flying{1 - from, way_, frame});
    }
  }

  void hand_over(const Flying& flying) {
    End& end = ends_[flying.to];
    for (const Buffer& message : end.link.take(flying.frame, now_)) {
      std::string_view found = message.text();
      std::size_t lane = found.at(2) == '0' ? 0 : 1;
      std::string expected = text(1 - flying.to, lane, end.received[lane]++, found.size());
      ASSERT_EQ(found.substr(0, 12), std::string_view(expected).substr(0, 12));
      ASSERT_EQ(found, expected);
    }
  }

  // What an earlier connection carried, another process sends, or chance makes.
  void intrude() {
    std::size_t to = draw(2);
    if (!old_.empty() && chance(0.5)) {
      Flying replay = old_[draw(static_cast<unsigned>(old_.size()))];
      return hand_over(replay);
    }
    LinkOptions foreign;
    foreign.incarnation = chance(0.5) ? 3 : 2;
    foreign.session = 99;
    LinkEnd stranger(foreign);
    stranger.connected(now_);
    // A stranger with the right incarnation who comes first would be the other end.
    if (ends_[to].link.peer_session() != 0) hand_over({to, way_, stranger.frames(now_).at(0)});
    std::string garbage(draw(200), '\0');
    for (char& byte : garbage) byte = static_cast<char>(draw(256));
    hand_over({to, way_, Frame{Buffer::copy_of(garbage), {}}});
  }

  void connect() {
    connected_ = true;
    ++way_;
    for (End& end : ends_) end.link.connected(now_);
  }
  void cut() {
    connected_ = false;
    flying_.clear();
    // The sides do not always hear of it.
    for (End& end : ends_)
      if (chance(0.8)) end.link.disconnected();
    reconnect_at_ = now_ + draw(2000) * ns_per_ms;
    --breaks_;
  }

  void step() {
    TimeNs next = std::min(now_ + 10 * ns_per_ms, reconnect_at_);
    if (!flying_.empty()) next = std::min(next, flying_.begin()->first);
    for (End& end : ends_) next = std::min(next, end.link.next_time());
    now_ = std::max(now_ + 1, next);
    if (!connected_ && now_ >= reconnect_at_) {
      reconnect_at_ = time_max;
      connect();
    }
    while (!flying_.empty() && flying_.begin()->first <= now_) {
      Flying one = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      hand_over(one);
    }
    if (connected_ && breaks_ > 0 && chance(0.02)) cut();
    if (chance(0.05)) intrude();
    for (std::size_t i = 0; i < 2; ++i) {
      send_some(i);
      put_on_way(i);
    }
  }

  bool done() const {
    return std::all_of(ends_.begin(), ends_.end(), [](const End& end) {
      return end.sent[0] + end.sent[1] == messages && end.link.idle();
    });
  }

  std::mt19937_64 random_;
  std::array<End, 2> ends_;
  std::multimap<TimeNs, Flying> flying_;
  std::vector<Flying> old_;
  TimeNs now_ = 0;
  TimeNs reconnect_at_ = time_max;
  std::uint64_t way_ = 0;
  bool connected_ = false;
  double loss_ = 0;
  double doubling_ = 0;
  DurationNs delay_max_ = 0;
  unsigned breaks_ = 0;
};

TEST(LinkSimulation, EveryMessageArrivesOnceAndInTheOrderOfItsLane) {
  const char* wanted = std::getenv("DNSTORM_LINK_SEEDS");
  std::uint64_t seeds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100;
  for (std::uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).run();
  }
}

}  // namespace
}  // namespace dnstorm::cluster
