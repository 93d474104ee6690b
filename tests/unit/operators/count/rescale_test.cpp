#include "tests/unit/operators/rescale_check.hpp"

#include <map>
#include <random>
#include <set>
#include <sstream>
#include <tuple>

#include "operators/count/count.hpp"
#include "operators/count/distinct.hpp"
#include "operators/count/distinct_counter.hpp"
#include "operators/count/running_count.hpp"
#include "operators/count/top.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_rescales;
using testing::RescaledTasks;
using testing::RescaleStep;
using testing::TextOptions;

const std::vector<Field> packets = {{"time", Type::time},
                                    {"qname", Type::str},
                                    {"qtype", Type::u16},
                                    {"client", Type::ip},
                                    {"size", Type::u32}};

// A few frequent and many rare names, some rows late.
std::vector<RescaleStep> traffic(std::size_t steps, std::size_t rows_each, unsigned items) {
  std::mt19937_64 dice(17);
  std::vector<RescaleStep> all;
  for (std::size_t step = 0; step < steps; ++step) {
    RescaleStep& now = all.emplace_back();
    for (std::size_t i = 0; i < rows_each; ++i) {
      auto item = static_cast<unsigned>(dice() % items * (dice() % items) / items);
      auto time = static_cast<TimeNs>(step * 2 + dice() % 6) * ns_per_s;
      now.rows.push_back({std::to_string(time), fmt::format("name-{}", item),
                          std::to_string(item % 7), fmt::format("192.0.2.{}", dice() % 250),
                          std::to_string(40 + item)});
    }
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

using Names = std::vector<std::string>;

void check(const OperatorDef& def, const TextOptions& options, const Names& grouped_by,
           const std::vector<RescaleStep>& steps) {
  check_rescales(def, options, packets, grouped_by, steps);
}

TEST(Rescale, count_by_keys_of_every_form) {
  auto steps = traffic(9, 60, 100);
  check(count_operator(), {{"by", {"qtype"}}, {"window", {"5s"}}, {"sums", {"size"}}}, {"qtype"},
        steps);
  check(count_operator(), {{"by", {"size"}}, {"weight", {"size"}}, {"lateness", {"3s"}}}, {"size"},
        steps);
  check(count_operator(), {{"by", {"qname"}}, {"window", {"0s"}}}, {"qname"}, steps);
  check(count_operator(), {{"by", {"qname"}}, {"window", {"6s"}}, {"slide", {"2s"}}}, {"qname"},
        steps);
}

TEST(Rescale, count_by_more_than_it_is_grouped_by) {
  auto steps = traffic(9, 60, 100);
  check(count_operator(), {{"by", {"qname", "client"}}, {"window", {"5s"}}}, {"client"}, steps);
  check(count_operator(), {{"by", {"qname", "qtype", "size"}}, {"window", {"5s"}}},
        {"size", "qname"}, steps);
}

TEST(Rescale, sessions) {
  auto steps = traffic(9, 60, 100);
  check(count_operator(), {{"by", {"qname"}}, {"session", {"1s"}}}, {"qname"}, steps);
  check(distinct_operator(),
        {{"of", {"client"}}, {"by", {"qtype"}}, {"session", {"1s"}}, {"exact_below", {"4"}}},
        {"qtype"}, steps);
}

TEST(Rescale, distinct_before_and_after_it_begins_to_estimate) {
  auto steps = traffic(9, 60, 200);
  check(distinct_operator(), {{"of", {"client"}}, {"by", {"qname"}}, {"window", {"5s"}}}, {"qname"},
        steps);
  check(distinct_operator(),
        {{"of", {"client"}}, {"by", {"qtype"}}, {"exact_below", {"8"}}, {"precision", {"6"}}},
        {"qtype"}, steps);
}

TEST(Rescale, running_count) {
  check(running_count_operator(), {{"by", {"qname"}}}, {"qname"}, traffic(9, 60, 100));
}

// Lines "NAME COUNT" of windows: what the next count adds up.
std::map<std::string, std::uint64_t> sums_of(const std::vector<std::string>& rows,
                                             std::map<std::string, std::uint64_t> sums) {
  for (const std::string& row : rows) {
    std::size_t blank = row.rfind(' ');
    sums[row.substr(0, blank)] += std::stoull(row.substr(blank + 1));
  }
  return sums;
}

// Any task may hold a part of any key: parts that come together are added up.
TEST(Rescale, partial_count_behind_a_shuffle) {
  const TextOptions options = {{"by", {"qname"}}, {"window", {"5s"}}, {"partial", {"true"}}};
  RescaledTasks whole(count_operator(), options, packets, {});
  RescaledTasks rescaled(count_operator(), options, packets, {});
  rescaled.start(3);
  std::map<std::string, std::uint64_t> expected;
  std::map<std::string, std::uint64_t> got;
  std::uint32_t tasks = 3;
  for (const RescaleStep& step : traffic(9, 60, 100)) {
    expected = sums_of(whole.take(step), expected);
    got = sums_of(rescaled.take(step), got);
    tasks = tasks % 4 + 1;
    rescaled.rescale(tasks);
  }
  EXPECT_EQ(sums_of(rescaled.finish(), got), sums_of(whole.finish(), expected));
  EXPECT_GT(expected.size(), 50u);
}

// The best two of each window, of rows "WINDOW END RANK NAME COUNT ERROR" of any number of tasks:
// as `merge` ranks them.
std::vector<std::string> best_two(const std::vector<std::string>& rows) {
  std::map<std::string, std::set<std::tuple<std::int64_t, std::string, std::uint64_t>>> windows;
  for (const std::string& row : rows) {
    std::istringstream in(row);
    std::string window, end, rank, name;
    std::int64_t count = 0;
    std::uint64_t error = 0;
    in >> window >> end >> rank >> name >> count >> error;
    windows[window].insert({-count, name, error});
  }
  std::vector<std::string> best;
  for (const auto& [window, items] : windows) {
    std::size_t left = 2;
    for (auto item = items.begin(); item != items.end() && left != 0; ++item, --left)
      best.push_back(fmt::format("{} {} {} {}", window, std::get<1>(*item), -std::get<0>(*item),
                                 std::get<2>(*item)));
  }
  return best;
}

TEST(Rescale, top_with_full_sketches) {
  // Two counters in each key group: what enters depends on filter and floor.
  const TextOptions options = {
      {"of", {"qname"}}, {"k", {"2"}}, {"capacity", {"2"}}, {"window", {"5s"}}};
  auto steps = traffic(9, 300, 2000);
  RescaledTasks whole(top_operator(), options, packets, {"qname"});
  RescaledTasks rescaled(top_operator(), options, packets, {"qname"});
  rescaled.start(2);
  std::size_t items = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto expected = best_two(whole.take(steps[i]));
    items += expected.size();
    ASSERT_EQ(best_two(rescaled.take(steps[i])), expected) << "step " << i;
    rescaled.rescale(static_cast<std::uint32_t>(1 + i % 4));
  }
  EXPECT_GE(items, 4u);
}

TEST(SketchState, TakesTheSketchesOfDistinct) {
  static_assert(SavesItself<DistinctCounter> && MergesItself<DistinctCounter>);
  auto make = [] { return DistinctCounter(10, 4); };
  TaskContext task;
  task.inputs.push_back({"in", "default", std::make_shared<const Schema>(packets)});
  SketchState<DistinctCounter> a(make);
  SketchState<DistinctCounter> b(make);
  for (auto* state : {&a, &b}) state->prepare(task, {"qtype"});
  const std::string key("\x1\0", 2);
  DistinctCounter both = make();
  for (std::uint64_t i = 0; i < 30; ++i) {
    (i % 3 == 0 ? a : b).at(key).add(hash_number(i));
    both.add(hash_number(i));
  }
  GroupSections out;
  a.save_groups(out);
  out.take_each([&](std::uint32_t group, const std::string& bytes) {
    StateReader in(bytes);
    EXPECT_TRUE(b.restore_group(group, in));
  });
  EXPECT_EQ(b.at(key).count(), both.count());
}

}  // namespace
}  // namespace dnstorm::operators
