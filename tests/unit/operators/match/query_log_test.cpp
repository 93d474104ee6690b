#include "operators/match/query_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

constexpr DurationNs timeout = 1000;

OpenQuery query_at(TimeNs time, std::uint16_t id, std::uint64_t question = 1) {
  OpenQuery query;
  query.time = time;
  query.id = id;
  query.qname_hash = question;
  query.has_question = true;
  return query;
}
// All in key group 0.
std::uint64_t hash_of(const OpenQuery& query) { return hash_number(query.id) >> 7; }

QueryLogLimits limits(std::size_t open_max = 1000, std::size_t bytes_max = 1'000'000) {
  return {timeout, open_max, bytes_max, true};
}
constexpr auto nobody = [](std::uint32_t) { FAIL() << "given up"; };
std::vector<TimeNs> expired(QueryLog& log, TimeNs now) {
  std::vector<TimeNs> times;
  for (std::uint32_t group = 0; group < key_groups; ++group)
    log.expire(group, now, [&](std::uint32_t number) { times.push_back(log.query(number).time); });
  return times;
}

TEST(QueryLog, finds_what_waits_and_what_was_answered_until_the_deadline) {
  QueryLog log(limits());
  OpenQuery query = query_at(5000, 7);
  std::uint64_t hash = hash_of(query);
  log.open(hash, query, "a.example", nobody);
  std::uint32_t number = log.find_waiting(hash, query_at(5999, 7), MatchBy::question);
  ASSERT_NE(number, QueryLog::none);
  EXPECT_EQ(log.name(number), "a.example");
  EXPECT_EQ(log.find_answered(hash, query_at(5999, 7), MatchBy::question), QueryLog::none);
  EXPECT_EQ(log.find_waiting(hash, query_at(6000, 7), MatchBy::question), QueryLog::none) << "late";
  EXPECT_EQ(log.find_waiting(hash, query_at(5999, 7, 2), MatchBy::question), QueryLog::none);
  EXPECT_EQ(log.find_waiting(hash, query_at(5999, 7, 2), MatchBy::transaction), number);
  log.answer(hash, number);
  EXPECT_EQ(log.find_waiting(hash, query_at(5999, 7), MatchBy::question), QueryLog::none);
  EXPECT_EQ(log.find_answered(hash, query_at(5999, 7), MatchBy::question), number);
  EXPECT_EQ(log.find_answered(hash, query_at(6000, 7), MatchBy::question), QueryLog::none);
}

TEST(QueryLog, every_part_of_an_address_counts) {
  QueryLog log(limits());
  OpenQuery query = query_at(5000, 7);
  log.open(1, query, "", nobody);
  for (std::size_t byte = 0; byte < 16; ++byte) {
    OpenQuery other = query;
    other.client.bytes[byte] ^= 1;
    EXPECT_EQ(log.find_waiting(1, other, MatchBy::transaction), QueryLog::none) << byte;
    other = query;
    other.server.bytes[byte] ^= 1;
    EXPECT_EQ(log.find_waiting(1, other, MatchBy::transaction), QueryLog::none) << byte;
  }
}

// First by going through the chunks, then by an index.
TEST(QueryLog, finds_what_was_answered_however_often_it_is_asked) {
  QueryLog log(limits());
  constexpr std::uint16_t count = 500;
  for (std::uint16_t id = 0; id < count; ++id) {
    OpenQuery query = query_at(5000, id);
    log.open(hash_of(query), query, "", nobody);
    if (id % 5 == 0) continue;
    QueryLog::Waiting found = log.look_up(hash_of(query), query, MatchBy::question);
    ASSERT_TRUE(found.there());
    log.answer(hash_of(query), found);
  }
  for (int round = 0; round < 20; ++round)
    for (std::uint16_t id = 0; id < count; ++id) {
      OpenQuery message = query_at(5500, id);
      std::uint32_t number = log.find_answered(hash_of(message), message, MatchBy::question);
      ASSERT_EQ(number != QueryLog::none, id % 5 != 0) << round << ' ' << id;
      if (number != QueryLog::none) {
        ASSERT_EQ(log.query(number).id, id);
      }
    }
}

TEST(QueryLog, gives_the_first_waiting_one_up_beyond_its_number) {
  QueryLog log(limits(2));
  std::vector<std::uint16_t> given_up;
  auto note = [&](std::uint32_t number) { given_up.push_back(log.query(number).id); };
  for (std::uint16_t id = 0; id < 200; ++id) {
    OpenQuery query = query_at(id, id);
    log.open(hash_of(query), query, "", note);
    std::uint32_t number = log.find_waiting(hash_of(query), query, MatchBy::question);
    if (id % 10 != 0) log.answer(hash_of(query), number);
  }
  // The answered ones are passed over.
  EXPECT_EQ(log.waiting(), 1U);
  ASSERT_EQ(given_up.size(), 19U);
  for (std::size_t i = 0; i < given_up.size(); ++i) EXPECT_EQ(given_up[i], 10 * i);
}

TEST(QueryLog, never_holds_more_than_its_memory_and_says_what_it_forgot) {
  for (bool keep_names : {false, true}) {
    QueryLogLimits tight{timeout * 1'000'000, 1'000'000, 40'000, keep_names};
    QueryLog log(tight);
    std::uint64_t given_up = 0, answered = 0;
    std::string name(200, 'x');
    constexpr std::uint32_t count = 30'000;
    for (std::uint32_t i = 0; i < count; ++i) {
      OpenQuery query = query_at(i, static_cast<std::uint16_t>(i));
      query.client_port = static_cast<std::uint16_t>(i >> 16);
      std::uint64_t hash = hash_number(i) >> 7;
      log.open(hash, query, name, [&](std::uint32_t) { ++given_up; });
      ASSERT_LE(log.accounted_bytes(), tight.bytes_max);
      if (i % 3 != 0) continue;
      ++answered;
      log.answer(hash, log.find_waiting(hash, query, MatchBy::question));
      log.find_answered(hash, query, MatchBy::question);  // so that there is an index of all
    }
    EXPECT_EQ(given_up + answered + log.waiting(), count);
    EXPECT_LE(log.held_bytes(), tight.bytes_max);
    EXPECT_GT(log.forgotten(), answered / 2);
    EXPECT_LE(log.forgotten(), answered);
  }
}

TEST(QueryLog, a_name_without_end_is_cut) {
  QueryLog log(limits(1000, QueryLog::bytes_min));
  for (std::uint16_t id = 0; id < 100; ++id)
    log.open(hash_of(query_at(0, id)), query_at(0, id), std::string(1'000'000, 'x'),
             [](std::uint32_t) {});
  EXPECT_LE(log.accounted_bytes(), QueryLog::bytes_min);
}

TEST(QueryLog, expires_by_deadline_whatever_the_order_and_whenever_it_is_asked) {
  std::mt19937_64 random(3);
  QueryLog log(limits(100'000, 100'000'000));
  std::vector<TimeNs> times;
  TimeNs now = 0;
  std::vector<TimeNs> all;
  for (int i = 0; i < 20'000; ++i) {
    now += static_cast<TimeNs>(random() % 4);
    OpenQuery query =
        query_at(now + static_cast<TimeNs>(random() % 100'000) % (i % 50 == 0 ? 100'000 : 10),
                 static_cast<std::uint16_t>(i));
    times.push_back(query.time);
    log.open(hash_of(query), query, "", nobody);
    if (i % 7 != 0) continue;
    auto due = expired(log, now);
    ASSERT_TRUE(std::is_sorted(due.begin(), due.end()));
    for (TimeNs time : due) ASSERT_LE(time + timeout, now);
    all.insert(all.end(), due.begin(), due.end());
    std::erase_if(times, [&](TimeNs time) { return time + timeout <= now; });
    ASSERT_EQ(log.waiting(), times.size()) << i;
  }
  auto due = expired(log, time_max);
  EXPECT_EQ(due.size(), times.size());
  EXPECT_EQ(log.next_deadline(0), time_max);
  EXPECT_TRUE(log.empty(0));
  EXPECT_EQ(log.accounted_bytes(), 0U);
}

// Against a list that is searched from one end to the other. Queries come out of order, are
// answered or not, and what has expired is dropped now and then; the log goes through a checkpoint.
TEST(QueryLog, agrees_with_a_plain_list) {
  struct Listed {
    OpenQuery query;
    bool answered = false;
  };
  std::mt19937_64 random(11);
  auto log = std::make_unique<QueryLog>(limits(100'000, 100'000'000));
  std::vector<Listed> list;
  TimeNs now = -20'000;
  auto find = [&](const OpenQuery& message, bool answered) {
    const Listed* best = nullptr;
    for (const Listed& one : list)
      if (one.answered == answered && one.query.same_transaction(message) &&
          one.query.same_question(message) && message.time < one.query.time + timeout &&
          (best == nullptr || one.query.before(best->query)))
        best = &one;
    return best;
  };
  for (int step = 0; step < 20'000; ++step) {
    now += static_cast<TimeNs>(random() % 8);
    OpenQuery message = query_at(now, static_cast<std::uint16_t>(random() % 100), random() % 3);
    std::uint64_t hash = hash_of(message);
    if (random() % 2 == 0) {
      message.time -= static_cast<TimeNs>(random() % timeout);
      log->open(hash, message, std::to_string(message.time), nobody);
      list.push_back({message});
    } else if (std::uint32_t at = log->find_waiting(hash, message, MatchBy::question);
               at != QueryLog::none) {
      const Listed* expected = find(message, false);
      ASSERT_NE(expected, nullptr) << step;
      ASSERT_EQ(log->query(at).time, expected->query.time) << step;
      ASSERT_EQ(log->name(at), std::to_string(expected->query.time)) << step;
      log->answer(hash, at);
      const_cast<Listed*>(expected)->answered = true;
    } else {
      ASSERT_EQ(find(message, false), nullptr) << step;
      at = log->find_answered(hash, message, MatchBy::question);
      const Listed* expected = find(message, true);
      ASSERT_EQ(at == QueryLog::none, expected == nullptr) << step;
      if (expected != nullptr) {
        ASSERT_EQ(log->query(at).time, expected->query.time) << step;
      }
    }
    if (random() % 16 == 0) {
      expired(*log, now);
      std::erase_if(list, [&](const Listed& one) { return one.query.time + timeout <= now; });
    }
    if (random() % 500 != 0) continue;
    StateWriter out;
    log->save(0, out);
    std::string state = out.take();
    StateReader in(state);
    log = std::make_unique<QueryLog>(limits(100'000, 100'000'000));
    ASSERT_TRUE(log->restore(0, in)) << step;
    ASSERT_TRUE(in.at_end());
  }
}

TEST(QueryLog, refuses_a_state_whose_messages_would_never_end) {
  QueryLog log(limits());
  log.open(hash_of(query_at(5, 1)), query_at(5, 1), "", nobody);
  StateWriter out;
  log.save(0, out);
  std::string state = out.take();
  TimeNs never = time_max;
  std::memcpy(state.data() + 8, &never, sizeof never);
  StateReader in(state);
  QueryLog other(limits());
  EXPECT_FALSE(other.restore(0, in));
}

}  // namespace
}  // namespace dnstorm::operators
