#include "operators/count/space_saving.hpp"

#include <cmath>
#include <map>
#include <random>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

struct TextKey {
  std::string_view text;
  bool equals(std::string_view key) const { return key == text; }
  void write(std::string& key) const { key.append(text); }
};

void add(SpaceSaving& sketch, std::string_view text, std::uint64_t weight = 1) {
  sketch.add(hash_bytes(text), TextKey{text}, weight);
}

struct Found {
  std::uint64_t count = 0;
  std::uint64_t error = 0;
};
std::map<std::string, Found> found(const SpaceSaving& sketch) {
  std::map<std::string, Found> items;
  for (std::uint32_t i = 0; i < sketch.size(); ++i)
    items[std::string(sketch.key(i))] = {sketch.count(i), sketch.error(i)};
  return items;
}

// Names by rank with probability ~ 1 / rank, as DNS names are.
class Zipf {
 public:
  explicit Zipf(std::size_t n) : cumulated_(n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) cumulated_[i] = sum += 1.0 / static_cast<double>(i + 1);
  }
  std::size_t operator()(std::mt19937_64& random) const {
    double at = std::uniform_real_distribution<double>(0, cumulated_.back())(random);
    return static_cast<std::size_t>(std::lower_bound(cumulated_.begin(), cumulated_.end(), at) -
                                    cumulated_.begin());
  }

 private:
  std::vector<double> cumulated_;
};

// The guarantees of the paper, for every item kept and for every frequent one.
void expect_guarantees(const SpaceSaving& sketch,
                       const std::map<std::string, std::uint64_t>& truth) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : truth) total += count;
  auto items = found(sketch);
  ASSERT_EQ(items.size(), sketch.size()) << "an item is kept twice";
  std::uint64_t kept = 0;
  for (const auto& [name, item] : items) {
    std::uint64_t count = truth.contains(name) ? truth.at(name) : 0;
    ASSERT_GE(item.count, count) << name;
    ASSERT_LE(item.count - item.error, count) << name;
    ASSERT_LE(item.error, total / sketch.capacity()) << name;
    kept += item.count;
  }
  ASSERT_LE(kept, total) << "the counters hold more than the stream";
  for (const auto& [name, count] : truth)
    ASSERT_TRUE(items.contains(name) || count <= total / sketch.capacity()) << name;
}

TEST(SpaceSaving, is_exact_while_the_items_fit) {
  SpaceSaving sketch(3);
  for (const char* name : {"a", "b", "a", "c", "a", "b"}) add(sketch, name);
  auto items = found(sketch);
  EXPECT_EQ(items["a"].count, 3U);
  EXPECT_EQ(items["b"].count, 2U);
  EXPECT_EQ(items["c"].count, 1U);
  for (const auto& [name, item] : items) EXPECT_EQ(item.error, 0U) << name;
}

TEST(SpaceSaving, an_item_that_reaches_the_smallest_takes_its_place) {
  SpaceSaving sketch(2);
  add(sketch, "a", 5);
  add(sketch, "b", 2);
  add(sketch, "c", 1);
  EXPECT_TRUE(found(sketch).contains("b")) << "one row is not enough to push out two";
  add(sketch, "c", 1);
  auto items = found(sketch);
  EXPECT_EQ(items.size(), 2U);
  EXPECT_EQ(items["a"].count, 5U);
  EXPECT_EQ(items["c"].count, 2U);
  EXPECT_EQ(items["c"].error, 1U) << "what the filter held is not known to be c's";
}

TEST(SpaceSaving, keeps_long_keys) {
  SpaceSaving sketch(2);
  std::string first(45, 'x');
  std::string second(1000, 'y');
  add(sketch, first, 3);
  add(sketch, second, 2);
  add(sketch, "short", 2);
  add(sketch, second, 9);
  auto items = found(sketch);
  EXPECT_EQ(items[first].count, 3U);
  EXPECT_EQ(items[second].count, 11U) << "`short` took its place for a while";
  EXPECT_EQ(items[second].error, 2U);
}

TEST(SpaceSaving, weight_zero_neither_enters_nor_evicts) {
  SpaceSaving sketch(1);
  add(sketch, "a", 0);
  EXPECT_EQ(sketch.size(), 0U);
  add(sketch, "a");
  add(sketch, "b", 0);
  EXPECT_TRUE(found(sketch).contains("a"));
}

TEST(SpaceSaving, tells_apart_keys_with_one_hash) {
  SpaceSaving sketch(4);
  for (const char* name : {"a", "b", "a"}) sketch.add(42, TextKey{name}, 1);
  auto items = found(sketch);
  EXPECT_EQ(items["a"].count, 2U);
  EXPECT_EQ(items["b"].count, 1U);
}

TEST(SpaceSaving, holds_its_bounds_on_three_million_rows) {
  std::mt19937_64 random(20050107);
  Zipf zipf(500'000);
  std::vector<std::uint64_t> counts(500'000);
  SpaceSaving sketch(1000);
  for (int i = 0; i < 3'000'000; ++i) {
    std::size_t rank = zipf(random);
    ++counts[rank];
    add(sketch, fmt::format("n{}", rank));
  }
  std::map<std::string, std::uint64_t> truth;
  for (std::size_t i = 0; i < counts.size(); ++i) truth[fmt::format("n{}", i)] = counts[i];
  expect_guarantees(sketch, truth);
  // Beyond the guarantee: the head of a Zipf stream is practically exact.
  auto items = found(sketch);
  for (std::size_t rank = 0; rank < 20; ++rank) {
    std::string name = fmt::format("n{}", rank);
    EXPECT_LE(items[name].count - counts[rank], counts[rank] / 50) << name;
  }
}

TEST(SpaceSaving, holds_its_bounds_with_weights_and_hostile_order) {
  std::mt19937_64 random(1);
  for (std::uint32_t capacity : {1U, 2U, 7U, 128U}) {
    SpaceSaving sketch(capacity);
    std::map<std::string, std::uint64_t> truth;
    for (int i = 0; i < 100'000; ++i) {
      // Mostly names that never return, which evict at every step, and some that do.
      bool returns = random() % 4 == 0;
      std::string name = returns ? fmt::format("r{}", random() % 50) : fmt::format("x{}", i);
      std::uint64_t weight = random() % 1500;
      truth[name] += weight;
      add(sketch, name, weight);
    }
    expect_guarantees(sketch, truth);
  }
}

TEST(SpaceSaving, clear_forgets_everything) {
  SpaceSaving sketch(8);
  for (int i = 0; i < 1000; ++i) add(sketch, std::to_string(i));
  sketch.clear();
  EXPECT_EQ(sketch.size(), 0U);
  add(sketch, "a");
  auto items = found(sketch);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items["a"].count, 1U);
  EXPECT_EQ(items["a"].error, 0U);
}

}  // namespace
}  // namespace dnstorm::operators
