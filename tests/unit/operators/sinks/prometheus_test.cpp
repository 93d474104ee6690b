#include "operators/sinks/prometheus.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "operators/sinks/exposition.hpp"
#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextOptions;

// A run's Exposition as tasks find it.
class Prometheus : public ::testing::Test {
 protected:
  void SetUp() override { resources_.publish(exposition_key, exposition_); }
  std::unique_ptr<TaskHarness> task(const TextOptions& options,
                                    std::vector<Field> fields = testing::count_fields()) {
    testing::HarnessSettings settings;
    settings.resources = &resources_;
    return std::make_unique<TaskHarness>(prometheus_operator(), options, std::move(fields),
                                         settings);
  }
  std::string text() const { return exposition_->text(); }
  static testing::TextRow count_row(int window, const std::string& qtype, const std::string& count,
                                    const std::string& rcode = "0") {
    return {fmt::format("{}s", window), fmt::format("{}s", window + 10), qtype, rcode, count};
  }

  std::shared_ptr<Exposition> exposition_ = std::make_shared<Exposition>();
  Resources resources_;
};

constexpr const char* count_head =
    "# HELP dns_input_count_total input: count\n# TYPE dns_input_count_total counter\n";

TEST_F(Prometheus, adds_up_what_windows_say) {
  auto metrics = task({{"tags", {"server=ns1"}}});
  ASSERT_TRUE(metrics->prepared.ok());
  metrics->feed({count_row(0, "28", "5"), count_row(0, "1", "6", "3"), count_row(10, "28", "7")});
  EXPECT_EQ(text(), "") << "no window is closed";
  metrics->watermark(10 * ns_per_s);
  EXPECT_EQ(text(), std::string(count_head) +
                        R"(dns_input_count_total{qtype="A",rcode="NXDOMAIN",server="ns1"} 6)"
                        "\n"
                        R"(dns_input_count_total{qtype="AAAA",rcode="NOERROR",server="ns1"} 5)"
                        "\n");
  metrics->finish();
  EXPECT_THAT(text(), HasSubstr(R"({qtype="AAAA",rcode="NOERROR",server="ns1"} 12)"));
  EXPECT_THAT(text(), HasSubstr(R"({qtype="A",rcode="NXDOMAIN",server="ns1"} 6)"));
  EXPECT_EQ(metrics->counter("points_shown"), 3);
}

TEST_F(Prometheus, shows_the_newest_window_as_a_gauge_and_nothing_once_one_was_empty) {
  auto metrics = task({{"type", {"gauge"}}});
  metrics->feed({count_row(0, "28", "5"), count_row(0, "1", "6"), count_row(10, "28", "7")});
  metrics->watermark(10 * ns_per_s);
  EXPECT_EQ(text(),
            "# HELP dns_input_count_last input: count\n# TYPE dns_input_count_last gauge\n"
            "dns_input_count_last{qtype=\"A\",rcode=\"NOERROR\"} 6\n"
            "dns_input_count_last{qtype=\"AAAA\",rcode=\"NOERROR\"} 5\n");
  metrics->watermark(20 * ns_per_s);
  EXPECT_EQ(text(),
            "# HELP dns_input_count_last input: count\n# TYPE dns_input_count_last gauge\n"
            "dns_input_count_last{qtype=\"AAAA\",rcode=\"NOERROR\"} 7\n");
  metrics->feed({count_row(0, "28", "100")});  // late: of an older window
  metrics->watermark(29 * ns_per_s);
  EXPECT_THAT(text(), HasSubstr("rcode=\"NOERROR\"} 7\n"));
  metrics->watermark(30 * ns_per_s);
  EXPECT_EQ(text(), "");
  metrics->feed({count_row(40, "28", "8")});
  metrics->finish();
  EXPECT_THAT(text(), HasSubstr("rcode=\"NOERROR\"} 8\n")) << "the last one stays at the end";
}

TEST_F(Prometheus, keeps_rates_texts_and_sums_apart) {
  std::vector<Field> fields =
      testing::with(testing::top_fields(),
                    {{"seen", Type::time, Role::value}, {"cached", Type::boolean, Role::value}});
  auto metrics =
      task({{"labels", {"name"}}, {"prefix", {""}}, {"measurement", {"top-names"}}}, fields);
  ASSERT_TRUE(metrics->prepared.ok());
  metrics->feed({{"0s", "10s", "1", "a\\b\"c\nd\xff", "5", "0.25", "1.5s", "true"}});
  metrics->feed({{"10s", "20s", "1", "a\\b\"c\nd\xff", "7", "0.5", "2s", "false"}});
  metrics->finish();
  std::string labels = "{rank=\"1\",name=\"a\\\\b\\\"c\\nd\xef\xbf\xbd\"} ";
  EXPECT_EQ(
      text(),
      "# HELP top_names_cached top-names: cached\n# TYPE top_names_cached gauge\n"
      "top_names_cached" +
          labels +
          "0\n"
          "# HELP top_names_count_total top-names: count\n# TYPE top_names_count_total counter\n"
          "top_names_count_total" +
          labels +
          "12\n"
          "# HELP top_names_seen_seconds top-names: seen\n# TYPE top_names_seen_seconds gauge\n"
          "top_names_seen_seconds" +
          labels +
          "2\n"
          "# HELP top_names_share top-names: share\n# TYPE top_names_share gauge\n"
          "top_names_share" +
          labels + "0.5\n");
}

TEST_F(Prometheus, folds_what_is_beyond_the_limit_and_counts_it) {
  auto metrics = task({{"series_max", {"2"}}, {"tags", {"server=ns1"}}});
  metrics->feed({count_row(0, "1", "1"), count_row(0, "28", "2"), count_row(0, "15", "4"),
                 count_row(0, "16", "8")});
  metrics->feed({count_row(10, "16", "16"), count_row(10, "28", "32")});
  metrics->finish();
  EXPECT_EQ(text(), std::string(count_head) +
                        R"(dns_input_count_total{qtype="A",rcode="NOERROR",server="ns1"} 1)"
                        "\n"
                        R"(dns_input_count_total{qtype="AAAA",rcode="NOERROR",server="ns1"} 34)"
                        "\n"
                        R"(dns_input_count_total{qtype="OTHER",rcode="OTHER",server="ns1"} 28)"
                        "\n");
  EXPECT_EQ(metrics->counter("points_folded"), 3);
}

TEST_F(Prometheus, leaves_rates_beyond_the_limit_out) {
  auto metrics = task({{"series_max", {"1"}}},
                      testing::with(testing::window_fields(), {{"qtype", Type::u16, Role::key},
                                                               {"rate", Type::f64, Role::value}}));
  metrics->feed({{"0s", "10s", "1", "0.5"}, {"0s", "10s", "2", "0.75"}});
  metrics->finish();
  EXPECT_THAT(text(), ::testing::EndsWith("\ndns_input_rate{qtype=\"1\"} 0.5\n"));
  EXPECT_EQ(metrics->counter("points_folded"), 1);
}

TEST_F(Prometheus, refuses_what_no_counter_can_be) {
  auto metrics =
      task({}, testing::with(testing::window_fields(), {{"change", Type::i64, Role::value}}));
  metrics->feed({{"0s", "10s", "5"}, {"10s", "20s", "-3"}, {"20s", "30s", "9223372036854775807"}});
  metrics->finish();
  EXPECT_THAT(text(), ::testing::EndsWith("\ndns_input_change_total 9223372036854775807\n"));
  EXPECT_EQ(metrics->counter("values_refused"), 1);
}

TEST_F(Prometheus, is_the_same_whatever_the_order_of_arrival) {
  std::vector<testing::TextRow> rows;
  for (int i = 0; i < 40; ++i) rows.push_back(count_row(0, std::to_string(i), "3"));
  auto one = task({{"series_max", {"10"}}});
  one->feed(rows);
  one->finish();
  std::string first = text();
  std::reverse(rows.begin(), rows.end());
  auto other = task({{"series_max", {"10"}}});
  other->feed(rows);
  other->finish();
  EXPECT_EQ(text(), first);
  EXPECT_THAT(first, HasSubstr("{qtype=\"OTHER\",rcode=\"OTHER\"} 90\n"));
}

// The numbers of the two series, which are the same in all windows.
std::pair<std::string, std::string> both(const std::string& text) {
  std::pair<std::string, std::string> numbers;
  for (auto [qtype, number] : {std::pair{"A", &numbers.first}, {"AAAA", &numbers.second}}) {
    std::size_t at = text.find(fmt::format("{{qtype=\"{}\",rcode=\"NOERROR\"}} ", qtype));
    if (at == std::string::npos) continue;
    at = text.find(' ', at) + 1;
    *number = text.substr(at, text.find('\n', at) - at);
  }
  return numbers;
}

TEST_F(Prometheus, shows_a_window_as_a_whole_to_who_asks_meanwhile) {
  auto metrics = task({});
  std::atomic<bool> done = false;
  std::thread scraper([&] {
    while (!done) {
      auto [a, aaaa] = both(text());
      EXPECT_EQ(a, aaaa);
    }
  });
  for (int window = 0; window < 500; ++window) {
    metrics->feed({count_row(window * 10, "1", "3"), count_row(window * 10, "28", "3")});
    metrics->watermark((window + 1) * 10 * ns_per_s);
  }
  done = true;
  scraper.join();
  EXPECT_EQ(both(text()), (std::pair<std::string, std::string>{"1500", "1500"}));
}

TEST_F(Prometheus, one_metric_is_of_one_component) {
  auto first = task({});
  ASSERT_TRUE(first->prepared.ok());
  auto same = exposition_->add("other", {"dns_input_count_total"}, nullptr);
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().what,
            "prometheus: the metric dns_input_count_total is one of 'prometheus' already: give "
            "this component another `prefix` or `measurement`");
}

TEST_F(Prometheus, goes_on_with_open_windows) {
  testing::check_resumes([this] { return task({}); },
                         {testing::rows({count_row(0, "28", "5")}), testing::until(10 * ns_per_s),
                          testing::rows({count_row(10, "1", "6")})});
  auto before = task({});
  before->feed({count_row(0, "28", "5"), count_row(10, "28", "7")});
  before->watermark(10 * ns_per_s);
  auto after = task({});
  ASSERT_TRUE(after->restore(before->save()).ok());
  after->finish();
  EXPECT_THAT(text(), HasSubstr("{qtype=\"AAAA\",rcode=\"NOERROR\"} 7\n")) << "from 0 on";
}

TEST(PrometheusOptions, are_checked_before_anything_runs) {
  auto error = [](const TextOptions& options, const std::vector<std::vector<Field>>& inputs) {
    return testing::declare_error(prometheus_operator(), options, inputs);
  };
  EXPECT_EQ(error({}, {testing::count_fields()}), "");
  EXPECT_EQ(error({{"gauges", {"distinct"}}}, {testing::count_fields()}),
            "no input has a number 'distinct' among its values; there are: count");
  EXPECT_EQ(error({{"labels", {"count"}}}, {testing::top_fields()}),
            "no input has a text 'count' among its values; there are: name");
  EXPECT_EQ(error({{"prefix", {"dnstorm"}}}, {testing::count_fields()}),
            "dnstorm_input_count_total would stand among the metrics of the engine, which begin "
            "with dnstorm_: choose another `prefix`");
  EXPECT_THAT(error({}, {testing::unbounded_fields()}), HasSubstr("unbounded_tags: true"));
  EXPECT_EQ(error({{"unbounded_tags", {"true"}}}, {testing::unbounded_fields()}), "");
  auto fields = testing::with(testing::window_fields(),
                              {{"a.b", Type::u64, Role::value}, {"a_b", Type::u64, Role::value}});
  EXPECT_EQ(error({}, {fields}),
            "input.a.b and input.a_b would be one metric, dns_input_a_b_total: use a component for "
            "each, with its own `prefix`");
  fields = testing::with(testing::count_fields(),
                         {{"q-type", Type::u16, Role::key}, {"q.type", Type::u16, Role::key}});
  EXPECT_EQ(
      error({}, {fields}),
      "'q-type' and 'q.type' of 'input' are one label, q_type: give one of them another name");
  auto share = testing::with(testing::window_fields(), {{"count", Type::f64, Role::value}});
  EXPECT_EQ(error({}, {testing::count_fields(), share}),
            "'count' of 'input' is of another kind than that of another input: use a component for "
            "each");
  EXPECT_THAT(
      error({}, {testing::with(testing::window_fields(), {{"name", Type::str, Role::value}})}),
      HasSubstr("rows of 'input' have no number to show among"));
}

TEST(Exposition, makes_names_that_prometheus_takes) {
  EXPECT_EQ(metric_name("dns_q-types.count"), "dns_q_types_count");
  EXPECT_EQ(metric_name("1st:x"), "_1st:x");
  EXPECT_EQ(label_name("1st:x"), "_1st_x");
  EXPECT_EQ(label_name("__name__"), "_name__");
  EXPECT_EQ(label_name("\xc3\xa4"), "_");
  EXPECT_EQ(label_name(""), "_");
}

}  // namespace
}  // namespace dnstorm::operators
