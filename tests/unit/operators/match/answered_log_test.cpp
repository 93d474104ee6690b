#include "operators/match/answered_log.hpp"

#include <random>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

constexpr DurationNs timeout = 1000;

OpenQuery query_at(TimeNs time, std::uint16_t id, std::uint64_t question = 1) {
  OpenQuery query;
  query.time = time;
  query.id = id;
  query.qname_hash = question;
  return query;
}

std::uint64_t hash_of(const OpenQuery& query) { return hash_number(query.id); }

TEST(AnsweredLog, finds_what_was_answered_until_its_deadline) {
  AnsweredLog log(timeout, 100, true);
  OpenQuery query = query_at(5000, 7);
  log.add(hash_of(query), query, "a.example");
  auto found = log.find(hash_of(query), query_at(5999, 7), true);
  ASSERT_NE(found.query, nullptr);
  EXPECT_EQ(found.query->time, 5000);
  EXPECT_EQ(found.name, "a.example");
  EXPECT_EQ(log.find(hash_of(query), query_at(6000, 7), true).query, nullptr) << "too late";
  EXPECT_EQ(log.find(hash_of(query), query_at(5999, 7, 2), true).query, nullptr) << "not asked";
  EXPECT_NE(log.find(hash_of(query), query_at(5999, 7, 2), false).query, nullptr);
}

TEST(AnsweredLog, forgets_the_oldest_when_it_is_full) {
  AnsweredLog log(timeout, 4, true);
  for (std::uint16_t id = 0; id < 10; ++id) {
    OpenQuery query = query_at(id * 400, id);
    log.add(hash_of(query), query, "");
  }
  EXPECT_LE(log.size(), 4U);
  OpenQuery last = query_at(9 * 400, 9);
  EXPECT_NE(log.find(hash_of(last), last, true).query, nullptr);
}

// Against a list that is searched from one end to the other. Queries come out of order, and what
// has expired is dropped now and then.
TEST(AnsweredLog, agrees_with_a_plain_list) {
  std::mt19937_64 random(11);
  AnsweredLog log(timeout, 1'000'000, true);
  std::vector<OpenQuery> list;
  TimeNs now = -20'000;
  for (int step = 0; step < 20'000; ++step) {
    now += static_cast<TimeNs>(random() % 8);
    OpenQuery message = query_at(now, static_cast<std::uint16_t>(random() % 20), random() % 3);
    if (random() % 2 == 0) {
      message.time -= static_cast<TimeNs>(random() % timeout);
      log.add(hash_of(message), message, "");
      list.push_back(message);
      continue;
    }
    if (random() % 16 == 0) log.expire(now);
    const OpenQuery* expected = nullptr;
    for (const OpenQuery& query : list)
      if (query.same_transaction(message) && query.same_question(message) &&
          now < query.time + timeout && (expected == nullptr || query.before(*expected)))
        expected = &query;
    auto found = log.find(hash_of(message), message, true);
    ASSERT_EQ(found.query == nullptr, expected == nullptr) << "step " << step;
    if (expected == nullptr) continue;
    ASSERT_EQ(found.query->time, expected->time) << "step " << step;
  }
  log.expire(time_max);
  EXPECT_EQ(log.size(), 0U);
  EXPECT_EQ(log.next_deadline(), time_max);
}

}  // namespace
}  // namespace dnstorm::operators
