#include "engine/delivery/link.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace dnstorm::delivery {
namespace {

using Sender = LinkSender<std::string>;
using Receiver = LinkReceiver<std::string>;

TEST(Link, hands_over_in_order_and_once) {
  Sender sender(10);
  Receiver receiver;
  auto a = sender.send("a", 0), b = sender.send("b", 0), c = sender.send("c", 0);
  EXPECT_TRUE(receiver.take(c).empty());
  EXPECT_EQ(receiver.take(a), std::vector<std::string>{"a"});
  EXPECT_TRUE(receiver.take(a).empty());
  EXPECT_EQ(receiver.take(b), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(receiver.next(), 3u);
}

TEST(Link, sends_again_what_is_not_acknowledged_in_time) {
  Sender sender(10);
  EXPECT_EQ(sender.next_resend(), time_max);
  (void)sender.send("a", 0);
  (void)sender.send("b", 5);
  EXPECT_EQ(sender.next_resend(), 10);
  EXPECT_TRUE(sender.resend(9).empty());
  EXPECT_EQ(sender.resend(10).size(), 2u);
  EXPECT_TRUE(sender.resend(11).empty());
  sender.acknowledged(1, 12);
  sender.acknowledged(0, 13);  // overtaken
  auto again = sender.resend(22);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].sequence, 1u);
  EXPECT_EQ(again[0].message, "b");
  sender.acknowledged(2, 23);
  EXPECT_EQ(sender.waiting(), 0u);
  EXPECT_EQ(sender.next_resend(), time_max);
}

TEST(Link, a_full_window_drops_and_gets_it_again) {
  Receiver receiver(1);
  Sender sender(10);
  auto a = sender.send("a", 0), b = sender.send("b", 0), c = sender.send("c", 0);
  (void)receiver.take(b);
  (void)receiver.take(c);  // no room
  EXPECT_EQ(receiver.take(a).size(), 2u);
  EXPECT_EQ(receiver.take(c).size(), 1u);
}

TEST(Link, S12_survives_any_way) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    Sender sender(10);
    Receiver receiver(4);
    std::vector<LinkFrame<std::string>> way;
    std::vector<std::string> got;
    TimeNs now = 0;
    std::size_t sent = 0;
    while (got.size() < 50) {
      ++now;
      if (sent < 50 && random() % 3 == 0) way.push_back(sender.send(std::to_string(sent++), now));
      for (auto& frame : sender.resend(now)) way.push_back(std::move(frame));
      if (way.empty()) continue;
      std::size_t at = random() % way.size();
      auto frame = way[at];
      std::uint64_t fate = random() % 4;
      if (fate != 0) way.erase(way.begin() + static_cast<long>(at));
      if (fate == 1) continue;
      for (auto& message : receiver.take(frame)) got.push_back(std::move(message));
      if (random() % 2 == 0) sender.acknowledged(receiver.next(), now);
      ASSERT_LT(now, 100'000) << "seed " << seed;
    }
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], std::to_string(i));
  }
}

}  // namespace
}  // namespace dnstorm::delivery
