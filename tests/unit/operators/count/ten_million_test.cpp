// The bounds of the sketches, over ten million rows: what one task says and what four parts say
// that were made of the rows as they came and put together, against the truth.

#include <array>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "operators/count/count.hpp"
#include "operators/count/distinct.hpp"
#include "operators/count/histogram.hpp"
#include "operators/count/quantiles.hpp"
#include "operators/count/sums.hpp"
#include "operators/count/top.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::TaskHarness;
using testing::TextOptions;

// With sanitizers a row takes ten times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t rows_in_all = 1'000'000;
#else
constexpr std::size_t rows_in_all = 10'000'000;
#endif
constexpr std::uint32_t items = 1'000'000;
constexpr std::uint32_t parts = 4;

const std::vector<Field> fields = {
    {"time", Type::time}, {"item", Type::u32}, {"size", Type::u32}, {"load", Type::f64}};
const SchemaPtr schema = std::make_shared<const Schema>(fields);

// How large the rows of an item are: far apart for items that are near.
std::uint32_t size_of_item(std::uint32_t item) {
  return 1 + static_cast<std::uint32_t>(hash_number(item) % 1000 * (hash_number(item + 1) % 1000));
}
double load_of_item(std::uint32_t item) { return 0.1 * size_of_item(item); }

// A batch, and its rows as four tasks get them.
struct Dealt {
  BatchPtr batch;
  std::array<SelectionPtr, parts> as_they_come;
  std::array<SelectionPtr, parts> by_item;  // as a fields grouping does it
};

Dealt deal(BatchPtr batch) {
  static const KeyReader item(*schema, {"item"});
  std::array<Selection, parts> as_they_come;
  std::array<Selection, parts> by_item;
  Rows rows(*batch);
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    auto number = static_cast<std::uint16_t>(i);
    as_they_come[i % parts].push_back(number);
    by_item[task_of_group(key_group(item.hash(rows[i])), parts)].push_back(number);
  }
  Dealt dealt{std::move(batch), {}, {}};
  for (std::uint32_t i = 0; i < parts; ++i) {
    dealt.as_they_come[i] = std::make_shared<const Selection>(std::move(as_they_come[i]));
    dealt.by_item[i] = std::make_shared<const Selection>(std::move(by_item[i]));
  }
  return dealt;
}

// Batches of items by rank, with a probability of about 1 / rank, as names in the DNS are.
class Traffic {
 public:
  Traffic() : truth(items) {}
  // Without a batch at the end.
  Dealt next() {
    if (given_ == rows_in_all) return {};
    BatchBuilder builder(schema);
    for (; !builder.full() && given_ < rows_in_all; ++given_) {
      double u = std::ldexp(static_cast<double>(dice_() >> 11), -53);
      auto item = static_cast<std::uint32_t>(std::exp(u * std::log(double{items})) - 1);
      ++truth[item];
      RowWriter row = builder.add_row();
      row.set(item_, item);
      row.set(size_, size_of_item(item));
      row.set(load_, load_of_item(item));
    }
    return deal(builder.seal());
  }

  std::vector<std::uint64_t> truth;  // rows of an item

 private:
  std::mt19937_64 dice_{10'000'000};
  FieldRef<std::uint32_t> item_ = schema->ref<std::uint32_t>("item");
  FieldRef<std::uint32_t> size_ = schema->ref<std::uint32_t>("size");
  FieldRef<double> load_ = schema->ref<double>("load");
  std::size_t given_ = 0;
};

// An aggregate over all rows: one task, and four parts of it whose results another puts together.
class Compared {
 public:
  enum class Grouping : std::uint8_t { any, by_item };
  Compared(OperatorDef def, TextOptions options, TextOptions part, const TextOptions& merge,
           Grouping grouping = Grouping::any)
      : grouping_(grouping) {
    options["window"] = {"0s"};
    // Batches have all fields, so all are read.
    def.declare = [declare = def.declare](const Options& set, const std::vector<InputDecl>& in) {
      auto declared = declare(set, in);
      if (declared.ok() && in[0].schema.find("load"))
        declared->reads[0] = {"time", "item", "size", "load"};
      return declared;
    };
    whole_ = std::make_unique<TaskHarness>(def, options, fields);
    part.insert(options.begin(), options.end());
    for (std::uint32_t i = 0; i < parts; ++i)
      parts_.push_back(std::make_unique<TaskHarness>(
          def, part, fields,
          TaskHarness::Settings{.task_index = i, .task_count = parts, .read_outputs = {}}));
    centre_ = std::make_unique<TaskHarness>(def, merge, parts_[0]->declaration.outputs[0].fields);
  }
  void take(const Dealt& dealt, bool whole = true) {
    if (whole) whole_->send(dealt.batch);
    const auto& shares = grouping_ == Grouping::any ? dealt.as_they_come : dealt.by_item;
    for (std::uint32_t i = 0; i < parts; ++i) parts_[i]->send(dealt.batch, shares[i]);
  }
  // The rows of the result, which both forms must agree on.
  std::vector<std::string> result() {
    whole_->finish();
    std::vector<std::string> result = whole_->take();
    EXPECT_EQ(result_in_parts(), result);
    return result;
  }
  // Those of the parts, where an estimate depends on the order of rows.
  std::vector<std::string> result_in_parts() {
    for (auto& part : parts_) {
      part->finish();
      for (auto& [batch, selection] : part->take_batches()) centre_->send(pruned(batch));
    }
    centre_->finish();
    return centre_->take();
  }

 private:
  // As the planner does it: what the centre does not read does not travel.
  BatchPtr pruned(const BatchPtr& batch) const {
    const SchemaPtr& kept = centre_->input_schema();
    BatchBuilder builder(kept);
    for (RowView row : Rows(*batch)) {
      RowWriter to = builder.add_row();
      for (std::size_t i = 0; i < kept->size(); ++i) {
        const Schema& from = batch->schema();
        std::uint32_t offset = from.offset(*from.find(kept->field(i).name));
        if (kept->field(i).type == Type::bytes)
          to.set_bytes(FieldRef<Bytes>{kept->offset(i)}, row.get(FieldRef<Bytes>{offset}));
        else
          std::memcpy(to.data() + kept->offset(i), row.data() + offset,
                      size_of(kept->field(i).type));
      }
    }
    return builder.seal();
  }

  Grouping grouping_;
  std::unique_ptr<TaskHarness> whole_;
  std::vector<std::unique_ptr<TaskHarness>> parts_;
  std::unique_ptr<TaskHarness> centre_;
};

const TextOptions as_part = {{"partial", {"true"}}};
const TextOptions as_centre = {{"merge", {"true"}}};

TextOptions centre(TextOptions options) {
  options.insert(as_centre.begin(), as_centre.end());
  return options;
}

std::vector<double> numbers_in(const std::string& row) {
  std::vector<double> numbers;
  std::istringstream words(row);
  for (std::string word; words >> word;) numbers.push_back(std::strtod(word.c_str(), nullptr));
  return numbers;
}

// The sum of the weights of the rows in each key group.
std::vector<std::uint64_t> group_rows(const std::vector<std::uint64_t>& truth) {
  std::vector<std::uint64_t> groups(key_groups);
  for (std::uint32_t item = 0; item < items; ++item) {
    auto hash = KeyReader::fixed_hash(Type::u32, 4, reinterpret_cast<const std::byte*>(&item));
    groups[key_group(hash)] += truth[item];
  }
  return groups;
}

void check_top(const std::vector<std::string>& result, const std::vector<std::uint64_t>& truth) {
  constexpr std::uint64_t capacity = 100;
  std::vector<std::uint64_t> groups = group_rows(truth);
  ASSERT_EQ(result.size(), 100U);
  std::set<std::uint32_t> found;
  for (const std::string& row : result) {
    std::vector<double> numbers = numbers_in(row);
    auto item = static_cast<std::uint32_t>(numbers[3]);
    auto hash = KeyReader::fixed_hash(Type::u32, 4, reinterpret_cast<const std::byte*>(&item));
    auto rows = static_cast<double>(truth[item]);
    EXPECT_GE(numbers[4], rows) << row;
    EXPECT_LE(numbers[4] - numbers[5], rows) << row;
    EXPECT_LE(numbers[5], static_cast<double>(groups[key_group(hash)] / capacity)) << row;
    found.insert(item);
  }
  // Whatever is more frequent than the least of them can be, is one of them.
  double least = numbers_in(result.back())[4];
  for (std::uint32_t item = 0; item < items; ++item)
    EXPECT_TRUE(static_cast<double>(truth[item]) <= least || found.contains(item)) << item;
}

void check_distinct(const std::string& row, const std::vector<std::uint64_t>& truth) {
  auto there = [](std::uint64_t rows) { return rows != 0; };
  auto distinct = static_cast<double>(std::count_if(truth.begin(), truth.end(), there));
  std::vector<double> numbers = numbers_in(row);
  EXPECT_NEAR(numbers[3], 0.008125, 1e-9);
  EXPECT_NEAR(numbers[2], distinct, 3 * numbers[3] * distinct);
}

// Sizes, ascending, and how many rows have each.
std::map<std::uint32_t, std::uint64_t> rows_by_size(const std::vector<std::uint64_t>& truth) {
  std::map<std::uint32_t, std::uint64_t> sizes;
  for (std::uint32_t item = 0; item < items; ++item)
    if (truth[item] != 0) sizes[size_of_item(item)] += truth[item];
  return sizes;
}

void check_quantiles(const std::string& row, const std::vector<std::uint64_t>& truth) {
  std::vector<double> numbers = numbers_in(row);
  double error = numbers.back();
  EXPECT_LE(error, 0.01);
  EXPECT_GT(error, 0);
  const double wanted[] = {0.5, 0.9, 0.95, 0.99};
  auto sizes = rows_by_size(truth);
  for (std::size_t i = 0; i < 4; ++i) {
    auto rank = static_cast<std::uint64_t>(std::ceil(wanted[i] * rows_in_all - 1e-6));
    std::uint64_t below = 0;
    auto at = sizes.begin();
    while (below + at->second < rank) below += (at++)->second;
    EXPECT_NEAR(numbers[6 + i], at->first, error * at->first * (1 + 1e-12))
        << "quantile " << wanted[i];
  }
}

void check_histogram(const std::vector<std::string>& result,
                     const std::vector<std::uint64_t>& truth) {
  std::map<int, std::uint64_t> expected;
  for (const auto& [size, rows] : rows_by_size(truth)) expected[std::ilogb(size) + 1] += rows;
  ASSERT_EQ(result.size(), expected.size());
  for (const std::string& row : result) {
    std::vector<double> numbers = numbers_in(row);
    EXPECT_EQ(numbers[5], static_cast<double>(expected[static_cast<int>(numbers[2])])) << row;
  }
}

TEST(TenMillionRows, ofSketchesHoldTheirBoundsWholeAndInParts) {
  Traffic traffic;
  Compared top(top_operator(), {{"of", {"item"}}, {"k", {"100"}}}, {},
               {{"of", {"item"}}, {"k", {"100"}}, {"merge", {"true"}}},
               Compared::Grouping::by_item);
  Compared sketched(top_operator(), {{"of", {"item"}}, {"k", {"100"}}}, as_part,
                    {{"of", {"item"}}, {"k", {"100"}}, {"merge", {"true"}}});
  Compared distinct(distinct_operator(), {{"of", {"item"}}}, as_part, as_centre);
  Compared quantiles(quantiles_operator(), {{"of", {"size"}}}, as_part, as_centre);
  for (Dealt dealt = traffic.next(); dealt.batch != nullptr; dealt = traffic.next()) {
    for (Compared* compared : {&top, &distinct, &quantiles}) compared->take(dealt);
    sketched.take(dealt, false);
  }
  check_top(top.result(), traffic.truth);
  check_top(sketched.result_in_parts(), traffic.truth);
  check_distinct(distinct.result()[0], traffic.truth);
  check_quantiles(quantiles.result()[0], traffic.truth);
}

TEST(TenMillionRows, ofExactAggregatesAreExactWholeAndInParts) {
  Traffic traffic;
  const TextOptions sums = {{"sum", {"size", "load"}}, {"max", {"size"}}};
  Compared histogram(histogram_operator(), {{"of", {"size"}}}, as_part, as_centre);
  Compared count(count_operator(), {{"sums", {"size"}}}, as_part, centre({{"sums", {"size"}}}));
  Compared aggregate(aggregate_operator(), sums, as_part, centre(sums));
  for (Dealt dealt = traffic.next(); dealt.batch != nullptr; dealt = traffic.next())
    for (Compared* compared : {&histogram, &count, &aggregate}) compared->take(dealt);
  check_histogram(histogram.result(), traffic.truth);
  std::uint64_t size = 0;
  long double load = 0;
  std::uint32_t largest = 0;
  for (std::uint32_t item = 0; item < items; ++item) {
    if (traffic.truth[item] == 0) continue;
    size += traffic.truth[item] * size_of_item(item);
    load += static_cast<long double>(load_of_item(item)) *
            static_cast<long double>(traffic.truth[item]);
    largest = std::max(largest, size_of_item(item));
  }
  EXPECT_EQ(count.result()[0], fmt::format("0s 0s {} {}", rows_in_all, size));
  // A long double has room for these products and nearly all of their sum.
  std::vector<double> numbers = numbers_in(aggregate.result()[0]);
  EXPECT_EQ(numbers[3], static_cast<double>(size));
  EXPECT_NEAR(numbers[4], static_cast<double>(load), static_cast<double>(load) * 1e-15);
  EXPECT_EQ(numbers[5], largest);
}

}  // namespace
}  // namespace dnstorm::operators
