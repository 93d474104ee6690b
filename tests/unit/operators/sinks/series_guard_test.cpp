#include "operators/sinks/series_guard.hpp"

#include "operators/sinks/window_buffer.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TextRow;

// What counts and quantiles of a server and a client give; `client` is from an open set.
std::vector<Field> fields() {
  return testing::with(
      testing::window_fields(),
      {{"server", Type::str, Role::key},
       {.name = "client", .type = Type::str, .role = Role::key, .unbounded = true},
       {.name = "count", .type = Type::u64, .role = Role::value, .fold = Fold::sum},
       {.name = "load", .type = Type::f64, .role = Role::value, .fold = Fold::sum},
       {.name = "least", .type = Type::f64, .role = Role::value, .fold = Fold::least},
       {.name = "most", .type = Type::u32, .role = Role::value, .fold = Fold::greatest},
       {"p99", Type::f64, Role::value}});
}

TextRow row(const std::string& server, const std::string& client, int count,
            const std::string& start = "0s", const std::string& end = "10s") {
  std::string number = fmt::format("{}", count);
  return {start, end, server, client, number, number, number, number, number};
}

// A sink's points, with a budget.
class Points {
 public:
  explicit Points(std::int64_t series_max, const std::vector<Field>& of = fields(),
                  const PointOptions& options = {}) {
    schema_ = std::make_shared<const Schema>(of);
    task_.inputs.push_back({"loads", "default", schema_});
    task_.counters = &counters_;
    collector_.prepare(task_, options);
    collector_.limit_series(task_, options, series_max);
  }
  void add(const std::vector<TextRow>& rows) {
    BatchBuilder builder(schema_);
    for (const TextRow& cells : rows) {
      RowWriter written = builder.add_row();
      for (std::size_t i = 0; i < cells.size(); ++i)
        testing::write_cell(written, schema_->field(i).type, schema_->offset(i), cells[i]);
    }
    collector_.add({0, builder.seal(), nullptr});
  }
  // "SERIES TIME FIELD=VALUE ..."
  std::vector<std::string> take(TimeNs now) {
    std::vector<std::string> lines;
    for (const Point& point : collector_.take(now)) {
      std::string line = fmt::format("{} {}", point.series, testing::text_of_time(point.time));
      for (const PointField& field : point.fields)
        line += fmt::format(" {}={}", field.name, std::visit(Text{}, field.value));
      lines.push_back(std::move(line));
    }
    return lines;
  }
  std::uint64_t counter(const char* name) { return counters_.counter(name).value(); }
  std::string save() {
    StateWriter out;
    collector_.save(out);
    return out.take();
  }
  void restore(const std::string& state) {
    StateReader in(state);
    collector_.restore(in);
    EXPECT_TRUE(in.ok() && in.at_end());
  }

 private:
  struct Text {
    std::string operator()(const std::string& text) const { return text; }
    template <class T>
    std::string operator()(T value) const {
      return fmt::format("{}", value);
    }
  };
  SchemaPtr schema_;
  TaskContext task_;
  CounterSet counters_;
  PointCollector collector_;
};

TEST(SeriesGuard, leaves_alone_what_fits) {
  Points points(10);
  points.add({row("ns1", "a", 1), row("ns1", "b", 2)});
  EXPECT_THAT(points.take(time_max),
              ElementsAre("loads,client=a,server=ns1 0s count=1 load=1 least=1 most=1 p99=1",
                          "loads,client=b,server=ns1 0s count=2 load=2 least=2 most=2 p99=2"));
  EXPECT_EQ(points.counter("series"), 2U);
  EXPECT_EQ(points.counter("points_folded"), 0U);
}

TEST(SeriesGuard, folds_the_tags_from_open_sets_and_adds_up) {
  // Two of the ten series are kept for others: one tenth, and the last one of all.
  Points points(20);
  std::vector<TextRow> rows;
  for (int i = 0; i < 18; ++i) rows.push_back(row("ns1", fmt::format("a{}", i), 1));
  points.add(rows);
  EXPECT_EQ(points.take(10 * ns_per_s).size(), 18U);
  points.add({row("ns1", "y", 5, "10s", "20s"), row("ns2", "x", 2, "10s", "20s"),
              row("ns1", "x", 3, "10s", "20s"), row("ns1", "a3", 4, "10s", "20s")});
  EXPECT_THAT(points.take(20 * ns_per_s),
              ElementsAre("loads,client=OTHER,server=OTHER 10s count=2 load=2 least=2 most=2",
                          "loads,client=OTHER,server=ns1 10s count=8 load=8 least=3 most=5",
                          "loads,client=a3,server=ns1 10s count=4 load=4 least=4 most=4 p99=4"))
      << "known series stay, of the rest one more fits, and the last one takes all";
  EXPECT_EQ(points.counter("series"), 20U);
  EXPECT_EQ(points.counter("points_folded"), 3U);
}

TEST(SeriesGuard, keeps_the_sum_and_the_budget_whatever_comes) {
  Points points(50);
  std::uint64_t fed = 0;
  std::uint64_t written = 0;
  std::set<std::string> series;
  for (int window = 0; window < 40; ++window) {
    std::vector<TextRow> rows;
    for (int i = 0; i < 60; ++i) {
      int number = window * 7919 % 300 + i * 31 % 500;
      rows.push_back(row(fmt::format("ns{}", number % 9), fmt::format("c{}", number), number,
                         fmt::format("{}s", window * 10), fmt::format("{}s", window * 10 + 10)));
      fed += static_cast<std::uint64_t>(number);
    }
    points.add(rows);
    std::set<std::string> identities;
    for (const std::string& line : points.take((window + 1) * 10 * ns_per_s)) {
      series.insert(line.substr(0, line.find(' ')));
      EXPECT_TRUE(identities.insert(line.substr(0, line.find(" count"))).second) << line;
      written += std::stoull(line.substr(line.find("count=") + 6));
    }
  }
  EXPECT_EQ(written, fed);
  EXPECT_EQ(series.size(), 50U);
  EXPECT_EQ(points.counter("series"), 50U);
}

TEST(SeriesGuard, admits_in_the_order_of_points_and_not_of_rows) {
  std::vector<TextRow> rows;
  for (int i = 0; i < 12; ++i) rows.push_back(row("ns1", fmt::format("c{}", i * 5 % 12), i));
  Points forward(8);
  forward.add(rows);
  std::reverse(rows.begin(), rows.end());
  Points backward(8);
  for (const TextRow& one : rows) backward.add({one});
  EXPECT_EQ(forward.take(time_max), backward.take(time_max));
  EXPECT_EQ(forward.counter("points_folded"), 5U);
}

TEST(SeriesGuard, folds_all_tags_of_rows_where_none_is_from_an_open_set) {
  PointOptions options;
  options.tags = {{"site", "here"}};
  Points points(
      2,
      testing::with(testing::window_fields(),
                    {{"qtype", Type::u16, Role::key},
                     {.name = "count", .type = Type::i64, .role = Role::value, .fold = Fold::sum}}),
      options);
  points.add({{"0s", "10s", "1", "9223372036854775807"},
              {"0s", "10s", "2", "9223372036854775807"},
              {"0s", "10s", "3", "1"}});
  EXPECT_THAT(points.take(time_max),
              ElementsAre("loads,qtype=1,site=here 0s count=9223372036854775807",
                          "loads,qtype=OTHER,site=here 0s count=9223372036854775807"))
      << "a sum beyond what a database knows stays at the largest";
}

TEST(SeriesGuard, folds_points_without_some_tags_into_the_same_series) {
  Points points(2);
  points.add({row("ns1", "a", 1), row("ns1", "", 2), row("", "b", 3), row("", "", 4)});
  EXPECT_THAT(points.take(time_max),
              ElementsAre("loads 0s count=4 load=4 least=4 most=4 p99=4",
                          "loads,client=OTHER,server=OTHER 0s count=6 load=6 least=1 most=3"));
  EXPECT_EQ(points.counter("series"), 2U);
}

TEST(SeriesGuard, counts_a_series_that_is_named_other_among_the_others) {
  Points points(3);
  points.add({row("OTHER", "OTHER", 1), row("ns1", "a", 2)});
  EXPECT_EQ(points.take(10 * ns_per_s).size(), 2U);
  points.add({row("OTHER", "OTHER", 1, "10s", "20s"), row("ns1", "b", 4, "10s", "20s"),
              row("ns1", "a", 2, "10s", "20s")});
  EXPECT_THAT(points.take(20 * ns_per_s),
              ElementsAre("loads,client=OTHER,server=OTHER 10s count=5 load=5 least=1 most=4",
                          "loads,client=a,server=ns1 10s count=2 load=2 least=2 most=2 p99=2"));
}

TEST(SeriesGuard, leaves_out_points_of_which_nothing_can_be_put_together) {
  Points points(1, testing::with(testing::window_fields(), {{"qtype", Type::u16, Role::key},
                                                            {"p99", Type::f64, Role::value}}));
  points.add({{"0s", "10s", "1", "5"}, {"0s", "10s", "2", "6"}});
  EXPECT_THAT(points.take(time_max), IsEmpty());
  EXPECT_EQ(points.counter("points_folded"), 2U);
}

TEST(SeriesGuard, without_limit_takes_all) {
  Points points(0);
  for (int i = 0; i < 1000; ++i) points.add({row("ns1", fmt::format("c{}", i), i)});
  EXPECT_EQ(points.take(time_max).size(), 1000U);
  EXPECT_EQ(points.counter("points_folded"), 0U);
}

TEST(SeriesGuard, goes_on_from_a_checkpoint_with_its_series) {
  Points before(3);
  before.add({row("ns1", "a", 1), row("ns1", "b", 1), row("ns1", "c", 1, "10s", "20s")});
  before.take(10 * ns_per_s);
  std::string state = before.save();
  Points after(3);
  after.restore(state);
  EXPECT_EQ(after.save(), state);
  EXPECT_EQ(after.counter("series"), 2U);
  after.add({row("ns1", "a", 7, "10s", "20s")});
  before.add({row("ns1", "a", 7, "10s", "20s")});
  EXPECT_EQ(after.take(time_max), before.take(time_max));
}

}  // namespace
}  // namespace dnstorm::operators
