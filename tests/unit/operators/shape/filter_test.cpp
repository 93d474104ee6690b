#include "operators/shape/filter.hpp"

#include "operators/shape/filter_expression.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextRow;

const std::vector<Field> messages = {{"number", Type::u32},
                                     {"qr", Type::boolean},
                                     {"qtype", Type::u16, Role::plain, "qtype"},
                                     {"rcode", Type::u16, Role::plain, "rcode"},
                                     {"size", Type::u64},
                                     {"delta", Type::i64},
                                     {"share", Type::f64},
                                     {"client", Type::ip},
                                     {"qname", Type::str},
                                     {"time", Type::time}};

const std::vector<TextRow> rows = {
    {"0", "false", "1", "0", "40", "-5", "0.5", "192.0.2.1", "www.example.com", "1s"},
    {"1", "true", "1", "3", "512", "0", "0.25", "192.0.2.255", "notexample.com", "2s"},
    {"2", "true", "28", "2", "1232", "7", "1", "192.0.3.0", "example.com", "3s"},
    {"3", "false", "65", "0", "65535", "9", "0", "2001:db8::1", "odd,name.example.org", "4s"},
    {"4", "true", "65534", "0", "5000000000", "-1", "-3.5", "2001:db9::1", ".", "5s"},
};

// The numbers of the rows that the task has passed on, in one line.
std::string numbers_of(TaskHarness& task) {
  EXPECT_EQ(task.counter("passed") + task.counter("filtered"), rows.size());
  EXPECT_EQ(task.counter("passed"), task.rows().size());
  std::string numbers;
  for (const auto& [batch, selection] : task.take_batches()) {
    auto number = batch->schema().ref<std::uint32_t>("number");
    for (RowView row : Rows(*batch, selection.get())) numbers += fmt::format("{}", row.get(number));
  }
  return numbers;
}

std::string passing(const std::string& where) {
  TaskHarness task(filter_operator(), {{"where", {where}}}, messages, {.read_outputs = {"number"}});
  task.feed(rows);
  task.finish();
  return numbers_of(task);
}

TEST(Filter, compares_as_the_type_of_the_field_asks) {
  struct Case {
    const char* where;
    const char* passing;
  };
  const Case cases[] = {
      {"qr == true", "124"},
      {"qr != true", "03"},
      {"qr==false", "03"},
      {"qtype == A", "01"},
      {"qtype == aaaa", "2"},
      {"qtype in [A, AAAA, HTTPS]", "0123"},
      {"qtype not in [1,28]", "34"},
      {"qtype in TYPE65534", "4"},
      {"rcode == NXDOMAIN", "1"},
      {"rcode != NOERROR", "12"},
      {"rcode >= SERVFAIL", "12"},
      {"size < 512", "0"},
      {"size <= 512", "01"},
      {"size > 65535", "4"},
      {"delta < 0", "04"},
      {"delta == -5", "0"},
      {"share >= 0.5", "02"},
      {"share < 0", "4"},
      {"client == 192.0.2.1", "0"},
      {"client != 2001:db8::1", "0124"},
      {"client in 192.0.2.0/24", "01"},
      {"client in 192.0.2.0/23", "012"},
      {"client in [192.0.2.1, 2001:db8::/32]", "03"},
      {"client not in 0.0.0.0/0", "34"},
      {"client in 2001:db8::/31", "34"},
      {"client in ::/0", "01234"},
      {"qname == example.com", "2"},
      {"qname ends_with example.com", "012"},
      {"qname under example.com", "02"},
      {"qname under Example.COM.", "02"},
      {"qname under .", "01234"},
      {"qname starts_with www.", "0"},
      {"qname contains \"d,n\"", "3"},
      {"qname in ['.', 'example.com']", "24"},
      {"qname not in [., example.com]", "013"},
      {"qr == true and rcode == NOERROR", "4"},
      {"qr == true\n and qtype == A and size > 100 and rcode == 3", "1"},
      {"qr == true and qr == false", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(passing(c.where), c.passing) << c.where;
}

// The same, and how many rows the expression has failed for.
std::string passing_expression(const testing::TextOptions& options) {
  TaskHarness task(filter_operator(), options, messages, {.read_outputs = {"number"}});
  task.feed(rows);
  std::string numbers = numbers_of(task);
  return fmt::format("{}, failed {}, unfit {}", numbers, task.counter("expression_failed"),
                     task.counter("expression_unfit"));
}

TEST(Filter, takes_an_expression_in_lua) {
  EXPECT_EQ(passing_expression({{"expression", {"size > 512 or delta < 0"}}}),
            "0234, failed 0, unfit 0");
  EXPECT_EQ(passing_expression({{"expression", {"rcode ~= 0 and qname:find('^not')"}}}),
            ", failed 0, unfit 2")
      << "neither true nor false";
  EXPECT_EQ(passing_expression({{"expression", {"100 // (size - 40) < 1"}}}),
            "1234, failed 1, unfit 0")
      << "and the row does not pass";
}

TEST(Filter, evaluates_the_expression_for_rows_that_are_left) {
  EXPECT_EQ(passing_expression(
                {{"where", {"qr == true"}}, {"expression", {"1 // (1 - number % 2) == 1"}}}),
            "24, failed 1, unfit 0")
      << "row 3 had been filtered before";
}

TEST(Filter, refuses_with_one_clear_sentence) {
  struct Case {
    const char* where;
    const char* error;
  };
  const Case cases[] = {
      {"", "in the filter '' at the end: the name of a field is expected"},
      {"qr",
       "in the filter 'qr' at the end: one of == != < <= > >= in, not in, contains, starts_with, "
       "ends_with, under is expected"},
      {"qr = true",
       "in the filter 'qr = true' at '= true': one of == != < <= > >= in, not in, contains, "
       "starts_with, ends_with, under is expected"},
      {"qr == true or qr == false",
       "in the filter 'qr == true or qr == false' at 'or qr == false': 'or' is not known; list "
       "values "
       "with 'field in [a, b]', or use two filters"},
      {"qr == true qtype == A",
       "in the filter 'qr == true qtype == A' at 'qtype == A': 'and' or the end is "
       "expected"},
      {"qtype in [A, AAAA", "in the filter 'qtype in [A, AAAA' at the end: ',' or ']' is expected"},
      {"qtype in []", "in the filter 'qtype in []' at ']': a value is expected"},
      {"qname == 'a", "in the filter 'qname == 'a' at ''a': a quote is not closed"},
      {"rcod == 0", "stream 'default' of 'input' has no field 'rcod', did you mean 'rcode'?"},
      {"rcode == NXDOMAINS",
       "in the filter, 'rcode ==': 'NXDOMAINS' is not a u16 or a name of a rcode"},
      {"qtype == 65536", "in the filter, 'qtype ==': '65536' is not a u16 or a name of a qtype"},
      {"size == -1", "in the filter, 'size ==': '-1' is not a u64"},
      {"size contains 1",
       "in the filter, 'size contains': this operator is for text, the field is a number"},
      {"qr == 1", "in the filter, 'qr ==': '1' is neither true nor false"},
      {"qr < true", "in the filter, 'qr <': a bool can only be compared with == and !="},
      {"client == 192.0.2.0/24",
       "in the filter, 'client ==': '192.0.2.0/24' is a prefix; write 'in' instead"},
      {"client in 192.0.2.0/33",
       "in the filter, 'client in': '192.0.2.0/33' is neither an address nor a prefix "
       "such as 192.0.2.0/24 or 2001:db8::/32"},
      {"client > 192.0.2.0",
       "in the filter, 'client >': an address can only be compared with ==, !=, in and not in"},
      {"qname < a",
       "in the filter, 'qname <': text has no order here; use ==, in, contains, starts_with, "
       "ends_with or under"},
      {"time == 5", "in the filter, 'time ==': a field of type time cannot be filtered on"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(declare_error(filter_operator(), {{"where", {c.where}}}, {messages}), c.error)
        << c.where;
  EXPECT_EQ(declare_error(filter_operator(), {}, {messages}),
            "which rows pass? give 'where' (conditions) or 'expression' (in Lua)");
  EXPECT_EQ(declare_error(filter_operator(), {{"expression", {"size >> >> 1"}}}, {messages}),
            "in the expression 'size >> >> 1', line 1, column 9: unexpected symbol near '>>'");
  EXPECT_EQ(declare_error(filter_operator(), {{"where", {"qr == true"}}}, {messages, messages}),
            "a filter passes one stream on, and 2 come in; use one filter for each");
}

TEST(Filter, narrows_a_selection_and_shares_the_batch) {
  TaskHarness task(filter_operator(), {{"where", {"qr == true"}}}, messages);
  BatchBuilder builder(task.input_schema());
  auto qr = task.input_schema()->ref<bool>("qr");
  for (int i = 0; i < 10; ++i) builder.add_row().set(qr, i % 2 == 1);
  BatchPtr batch = builder.seal();
  auto some = std::make_shared<const Selection>(Selection{0, 1, 2, 3, 8, 9});
  task.send(batch, some);
  auto odd = std::make_shared<const Selection>(Selection{1, 5, 9});
  task.send(batch, odd);
  task.send(batch, std::make_shared<const Selection>(Selection{2, 4}));
  auto out = task.take_batches();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].first, batch);
  EXPECT_THAT(*out[0].second, ElementsAre(1, 3, 9));
  EXPECT_EQ(out[1].second, odd) << "a selection that stays whole is passed on";
  EXPECT_EQ(task.counter("filtered"), 5U);
}

TEST(Filter, declares_that_it_forwards) {
  auto declaration =
      declare(filter_operator(), {{"where", {"qr == true and size > 5 and size < 9"}}}, {messages})
          .value();
  EXPECT_TRUE(declaration.outputs[0].forwards_input);
  EXPECT_THAT(declaration.reads[0], ElementsAre("qr", "size"));
  auto both =
      declare(filter_operator(),
              {{"where", {"qr == true"}}, {"expression", {"qr and size < delta"}}}, {messages})
          .value();
  EXPECT_THAT(both.reads[0], ElementsAre("qr", "size", "delta"));
  EXPECT_THAT(declaration.partition_by, IsEmpty());
  EXPECT_FALSE(declaration.single_task);
}

}  // namespace
}  // namespace dnstorm::operators
