#include "operators/match/match.hpp"

#include "operators/match/latency_bucket.hpp"
#include "operators/match/query_log.hpp"
#include "tests/unit/operators/match/match_messages.hpp"

namespace dnstorm::operators {
namespace {

using testing::brief;
using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MatchRun;
using testing::Message;
using testing::messages;
using testing::row;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

TEST(Match, pairs_a_response_with_its_query) {
  TaskHarness task(
      match_operator(), {}, messages,
      {.read_outputs = {"time", "query_time", "latency_us", "latency_bucket_us", "status", "client",
                        "server", "client_port", "server_port", "id", "transport", "qname", "qtype",
                        "asked_qname", "rcode", "query_size", "response_size"}});
  task.feed({row({"1s"}), row({.time = "1002500us", .response = true, .rcode = "3"})});
  EXPECT_THAT(
      task.take(),
      ElementsAre(
          "1002500000ns 1s 2500 2559 0 192.0.2.1 198.51.100.53 5000 53 7 17 example.com 1  3 "
          "40 120"));
  task.finish();
  EXPECT_THAT(task.take(), IsEmpty());
  EXPECT_EQ(task.counter("answered"), 1U);
}

TEST(Match, buckets_of_response_times_hold_their_values_and_are_narrow) {
  std::uint64_t bound_before = 0;
  for (std::uint64_t us = 0; us < 100'000; ++us) {
    std::uint64_t bound = latency_bucket(us);
    ASSERT_GE(bound, us);
    ASSERT_LE(bound - us, us / 8);
    ASSERT_EQ(latency_bucket(bound), bound);
    ASSERT_GE(bound, bound_before);
    bound_before = bound;
  }
}

TEST(Match, a_query_without_a_response_is_unanswered_when_its_time_is_over) {
  MatchRun run;
  run.feed({{"1s"}});
  run.task.watermark(6 * ns_per_s - 1);
  EXPECT_THAT(run.task.take(), IsEmpty());
  run.task.watermark(6 * ns_per_s);
  EXPECT_THAT(run.task.take(), ElementsAre("6s 1s 0 1 example.com 0"));
  run.finish();
  EXPECT_THAT(run.task.take(), IsEmpty());
}

TEST(Match, every_part_of_the_key_tells_messages_apart) {
  const Message different[] = {
      {.time = "2s", .response = true, .id = "8"},
      {.time = "2s", .response = true, .client = "192.0.2.2"},
      {.time = "2s", .response = true, .client_port = "5001"},
      {.time = "2s", .response = true, .transport = "6"},
      {.time = "2s", .response = true, .txn = "43"},
  };
  for (const Message& message : different) {
    MatchRun run;
    run.feed({{"1s"}, message});
    EXPECT_THAT(run.task.take(), ElementsAre(HasSubstr("2s 2s 0 2 " + message.name)));
    run.finish();
    EXPECT_EQ(run.task.counter("unsolicited"), 1U);
    EXPECT_EQ(run.task.counter("unanswered"), 1U);
  }
}

TEST(Match, a_response_with_another_question_is_mismatched) {
  const testing::HarnessSettings all = {.read_outputs = {"time", "query_time", "status", "qname",
                                                         "qtype", "asked_qname", "asked_qtype"}};
  TaskHarness task(match_operator(), {}, messages, all);
  task.feed({row({"1s"}), row({.time = "2s", .response = true, .name = "example.org"}),
             row({.time = "3s", .response = true, .type = "28"}),
             row({.time = "4s", .response = true})});
  EXPECT_THAT(task.take(),
              ElementsAre("2s 1s 4 example.org 1 example.com 1",
                          "3s 1s 4 example.com 28 example.com 1", "4s 1s 0 example.com 1  0"));
  // Nothing waits any more.
  task.feed({row({.time = "4s", .response = true, .name = "example.org"})});
  EXPECT_THAT(task.take(), ElementsAre("4s 4s 2 example.org 1  0"));
  EXPECT_EQ(task.counter("mismatched"), 2U);
  EXPECT_EQ(task.counter("unsolicited"), 1U);
}

TEST(Match, a_response_waits_for_a_query_that_comes_after_it) {
  MatchRun run(TextOptions{{"skew", {"100ms"}}, {"timeout", {"500ms"}}});
  run.feed({{.time = "1s", .response = true, .rcode = "3"}, {.time = "1.05s", .response = true}});
  EXPECT_THAT(run.task.take(), IsEmpty());
  run.feed({{"1.01s"}});
  EXPECT_THAT(run.task.take(), ElementsAre("1010000000ns 1010000000ns 0 0 example.com 3",
                                           "1050000000ns 1010000000ns 40000 3 example.com 0"));
  // Too late, and then of another question.
  run.feed({{.time = "2s", .response = true}, {"2.1s"}});
  run.feed({{.time = "2.3s", .response = true, .name = "example.org"}});
  EXPECT_THAT(run.task.take(), IsEmpty());
  run.task.watermark(2300 * ns_per_ms);
  EXPECT_THAT(run.task.take(), ElementsAre("2100000000ns 2s 0 2 example.com 0"));
  run.task.watermark(2400 * ns_per_ms);
  EXPECT_THAT(run.task.take(), ElementsAre("2400000000ns 2100000000ns 200000 4 example.org 0"));
  run.finish();
  EXPECT_EQ(run.task.counter("early"), 2U);
  EXPECT_EQ(run.task.counter("duplicates"), 1U);
}

TEST(Match, an_early_response_without_a_question_finds_its_query) {
  MatchRun run(TextOptions{{"skew", {"100ms"}}});
  run.feed({{.time = "1s", .response = true, .name = "", .type = "0", .rcode = "1"}});
  run.feed({{"1.01s"}});
  EXPECT_THAT(run.task.take(), ElementsAre("1010000000ns 1010000000ns 0 0 example.com 1"));
  run.finish();
}

TEST(Match, a_response_without_a_question_pairs_by_the_rest_with_the_earliest_query) {
  MatchRun run;
  run.feed({{.time = "2s", .name = "b.example"}, {.time = "1s", .name = "a.example"}});
  run.feed({{.time = "3s", .response = true, .name = "", .type = "0", .rcode = "1"}});
  EXPECT_THAT(run.task.take(), ElementsAre("3s 1s 2000000 0 a.example 1"));
  run.feed({{.time = "4s", .response = true, .name = "", .type = "0", .rcode = "1"}});
  EXPECT_THAT(run.task.take(), ElementsAre("4s 2s 2000000 0 b.example 1"));
  run.finish();
}

TEST(Match, a_second_response_differs_from_the_first_by_its_code) {
  TaskHarness task(match_operator(), {}, messages, {.read_outputs = {"status", "differs"}});
  task.feed({row({"1s"}), row({.time = "2s", .response = true}),
             row({.time = "3s", .response = true}),
             row({.time = "4s", .response = true, .rcode = "3"})});
  EXPECT_THAT(task.take(), ElementsAre("0 false", "3 false", "3 true"));
}

TEST(Match, a_second_response_is_a_duplicate_until_the_timeout_and_then_unsolicited) {
  MatchRun run;
  run.feed({{"1s"}, {.time = "2s", .response = true}, {.time = "3s", .response = true}});
  run.feed({{.time = "6s", .response = true}});
  EXPECT_THAT(run.task.take(),
              ElementsAre("2s 1s 1000000 0 example.com 0", "3s 1s 2000000 3 example.com 0",
                          "6s 6s 0 2 example.com 0"));
  run.finish();
  EXPECT_EQ(run.task.counter("duplicates"), 1U);
}

TEST(Match, a_repeated_query_counts_once_from_the_first) {
  MatchRun run;
  run.feed({{"1s"}, {"2s"}, {"3s"}, {.time = "4s", .response = true}});
  EXPECT_THAT(run.task.take(), ElementsAre("4s 1s 3000000 0 example.com 0"));
  run.finish();
  EXPECT_EQ(run.task.counter("retransmissions"), 2U);
}

TEST(Match, a_query_after_the_answer_is_a_new_one) {
  MatchRun run;
  run.feed({{"1s"}, {.time = "2s", .response = true}, {"3s"}, {.time = "4s", .response = true}});
  EXPECT_THAT(run.task.take(),
              ElementsAre("2s 1s 1000000 0 example.com 0", "4s 3s 1000000 0 example.com 0"));
  run.finish();
  EXPECT_EQ(run.task.counter("duplicates"), 0U);
}

// The same decisions whether watermarks come often or only at the end.
TEST(Match, event_time_decides_and_not_when_watermarks_come) {
  const std::vector<Message> list = {{"1s"},
                                     {.time = "6s", .response = true},
                                     {"7s"},
                                     {"12s"},
                                     {.time = "12.5s", .response = true},
                                     {.time = "16.9s", .response = true},
                                     {.time = "17s", .response = true}};
  auto decide = [&](bool often) {
    MatchRun run;
    for (const Message& message : list) {
      run.feed({message});
      if (often) run.task.watermark(testing::time_of_text(message.time));
    }
    run.finish();
    auto rows = run.task.take();
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  EXPECT_EQ(decide(true), decide(false));
  EXPECT_THAT(decide(true),
              ElementsAre("12500000000ns 12s 500000 0 example.com 0", "12s 7s 0 1 example.com 0",
                          "16900000000ns 12s 4900000 3 example.com 0", "17s 17s 0 2 example.com 0",
                          "6s 1s 0 1 example.com 0", "6s 6s 0 2 example.com 0"));
}

TEST(Match, times_out_of_order_expire_in_order) {
  MatchRun run;
  for (const char* time : {"5s", "1s", "3s", "9s", "2s", "8s"})
    run.feed({{.time = time, .name = fmt::format("n{}.example", time)}});
  run.task.watermark(8 * ns_per_s);
  EXPECT_THAT(run.task.take(), ElementsAre("6s 1s 0 1 n1s.example 0", "7s 2s 0 1 n2s.example 0",
                                           "8s 3s 0 1 n3s.example 0"));
  run.finish();
  EXPECT_THAT(run.task.take(), ElementsAre("10s 5s 0 1 n5s.example 0", "13s 8s 0 1 n8s.example 0",
                                           "14s 9s 0 1 n9s.example 0"));
}

TEST(Match, a_response_stamped_before_its_query_has_no_negative_latency) {
  MatchRun run;
  run.feed({{"2s"}, {.time = "1s", .response = true}});
  EXPECT_THAT(run.task.take(), ElementsAre("1s 2s 0 0 example.com 0"));
  run.finish();
}

TEST(Match, beyond_its_limit_it_gives_the_oldest_up_and_says_so) {
  // 128 is one query in each key group; all of these fall into one.
  MatchRun run(TextOptions{{"max_open", {"128"}}});
  run.feed({{.time = "1s", .name = "a"},
            {.time = "2s", .name = "b"},
            {.time = "3s", .response = true, .name = "a"},
            {.time = "3s", .response = true, .name = "b"},
            {.time = "4s", .name = "c"}});
  EXPECT_THAT(run.task.take(),
              ElementsAre("2s 1s 0 5 a 0", "3s 2s 1000000 4 a 0", "3s 2s 1000000 0 b 0"));
  run.finish();
  EXPECT_EQ(run.task.counter("given_up"), 1U);
  EXPECT_EQ(run.task.counter("unanswered"), 1U);
}

TEST(Match, many_questions_of_one_transaction_are_given_up) {
  MatchRun run;
  for (std::uint32_t i = 0; i < 1000; ++i)
    run.feed({{.time = "1s", .name = fmt::format("n{}", i)}});
  EXPECT_EQ(run.task.counter("given_up"), 1000 - QueryLog::same_max);
  EXPECT_EQ(run.task.take().size(), 1000 - QueryLog::same_max);
  // Answered over and over again: not all of them are found any more.
  for (int i = 0; i < 1000; ++i) run.feed({{"2s"}, {.time = "2s", .response = true, .name = "n0"}});
  run.finish();
}

TEST(Match, the_ends_of_time_do_not_overflow) {
  MatchRun run;
  run.feed({{.time = std::to_string(time_max), .name = "a"},
            {.time = "-9000000000s", .name = "b"},
            {.time = std::to_string(time_max), .response = true, .name = "b"}});
  run.finish();
  EXPECT_EQ(run.task.counter("unanswered"), 2U);
}

TEST(Match, works_without_the_fields_that_may_be_missing_and_without_readers) {
  std::vector<Field> few(messages);
  std::erase_if(few,
                [](const Field& field) { return field.name == "rcode" || field.name == "size"; });
  auto without = [](TextRow cells) {
    cells.erase(cells.begin() + 10, cells.begin() + 12);
    return cells;
  };
  TaskHarness task(match_operator(), {}, few, {.read_outputs = {"status", "rcode", "query_size"}});
  task.feed({without(row({"1s"})), without(row({.time = "2s", .response = true}))});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0 0 0"));
  TaskHarness unread(match_operator(), {}, few, {.outputs_wanted = false});
  unread.feed({without(row({"1s"})), without(row({.time = "2s", .response = true}))});
  unread.finish();
  EXPECT_EQ(unread.counter("answered"), 1U);
}

TEST(Match, declares_what_it_needs) {
  auto declaration = declare(match_operator(), {}, {messages}).value();
  EXPECT_THAT(declaration.partition_by, ElementsAre("txn"));
  EXPECT_TRUE(declaration.partition_exact);
  EXPECT_EQ(declaration.reads[0].size(), messages.size());
  EXPECT_THAT(declare_error(match_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("has no field 'qr'"));
  std::vector<Field> wrong(messages);
  wrong[6].type = Type::u32;
  EXPECT_EQ(declare_error(match_operator(), {}, {wrong}),
            "field 'id' of stream 'default' of 'input' is of type u32; match needs u16");
  EXPECT_THAT(declare_error(match_operator(), {{"timeout", {"0s"}}}, {messages}),
              HasSubstr("'timeout'"));
}

}  // namespace
}  // namespace dnstorm::operators
