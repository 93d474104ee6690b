// The responses of one key group that found no query, until it is known whether one was near, and
// the queries that have ended, until all responses of their time have come.
//
// A query is near a response if it has the same addresses, transport and question, waited when the
// response came, and exactly one of id, client's port and server's port differs. A response belongs
// to the first query that is near it. What comes out depends on times and on the order of the
// responses, not on how rows are batched. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "operators/match/near_misses.hpp"
#include "operators/match/open_query.hpp"

namespace dnstorm::operators {

struct EndedQuery {
  OpenQuery query;
  TimeNs end = 0;
};

struct StrayResponse {
  OpenQuery response;
  OpenQuery query;  // that is near
  MatchDifference difference = MatchDifference::none;
  TimeNs decided = 0;
  std::uint64_t exchange = 0;  // as match has it: equal for a query that is near
  std::string name;            // that the response has
  std::string asked;           // that the query asked for, where it is another
};

class NearMissTable {
 public:
  // What a response and a query count for, with their entries in all tables; names on top.
  static constexpr std::size_t response_bytes = 640;
  static constexpr std::size_t query_bytes = 2 * sizeof(EndedQuery);
  // With so many responses a query is compared for each kind of difference; beyond, they count as
  // unsolicited. An attacker could make every query meet all responses otherwise.
  static constexpr std::size_t compared_max = 4096;

  NearMissTable(DurationNs timeout, std::size_t bytes_max)
      : timeout_(timeout), bytes_max_(bytes_max) {}

  void add_query(const OpenQuery& query, TimeNs end);
  // Whether a response waits that a query of this exchange may be near to. Of a
  // query that has ended and all responses of its time are here, none has to be added otherwise.
  bool waits_for(std::uint64_t exchange) const {
    return waiting_slots_[exchange_slot(exchange)] != 0 && waiting_.contains(exchange);
  }
  // One whose difference is known is only kept until the next watermark.
  void add_response(StrayResponse response);

  // Whether advance() has anything to do.
  bool due(TimeNs now) const { return next_ <= now || !decided_.empty(); }
  // use(response) for all that are decided up to `now`, in an order that depends on them alone.
  template <class Use>
  void advance(TimeNs now, Use&& use) {
    settle(now);
    for (const StrayResponse& one : decided_) use(one);
    decided_.clear();
  }
  // What the limit has pushed out since; to be asked for after every batch and before advance().
  template <class Use>
  void take_pushed_out(Use&& use) {
    for (const StrayResponse& one : pushed_out_) use(one);
    pushed_out_.clear();
  }
  bool idle() const { return queries_.empty() && responses_.empty() && decided_.empty(); }
  std::size_t bytes() const { return bytes_; }
  // Pushed out by the limit before it was known whether a query was near.
  std::uint64_t given_up() const { return given_up_; }

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  struct Bucket {
    std::vector<std::uint64_t> ids;  // of responses, ascending
    std::size_t head = 0;            // those before have been decided
  };
  struct Held {
    StrayResponse stray;
    bool decided = false;
  };

  static constexpr MatchDifference kinds[] = {MatchDifference::id, MatchDifference::client_port,
                                              MatchDifference::server_port};
  static std::uint64_t key(const OpenQuery& message, MatchDifference differs);
  Held& held(std::uint64_t id) { return responses_[static_cast<std::size_t>(id - first_id_)]; }
  void settle(TimeNs now);
  void settle(const EndedQuery& ended);
  void settle(const EndedQuery& ended, MatchDifference kind);
  void decide(Held& one, TimeNs when, std::vector<StrayResponse>& where);
  void drop_decided();
  void unlink(const OpenQuery& message);
  void push_out();
  void erase_front();
  bool restore_response(StateReader& in);

  DurationNs timeout_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::vector<EndedQuery> queries_;
  std::vector<Held> responses_;  // in the order in which they came
  std::size_t responses_head_ = 0;
  std::uint64_t first_id_ = 0;  // of responses_[0]
  TimeNs next_ = time_max;      // nothing is decided before
  std::unordered_map<std::uint64_t, Bucket> buckets_;
  // Responses that wait, by their exchange; and by a part of it, which nearly always says "none".
  static constexpr std::size_t exchange_slots = 64;
  static std::size_t exchange_slot(std::uint64_t exchange) { return exchange % exchange_slots; }
  void note_waiting(std::uint64_t exchange);
  void note_decided(std::uint64_t exchange);
  std::array<std::uint32_t, exchange_slots> waiting_slots_{};
  std::unordered_map<std::uint64_t, std::uint32_t> waiting_;
  std::vector<StrayResponse> decided_;
  std::vector<StrayResponse> pushed_out_;
  std::uint64_t given_up_ = 0;
};

}  // namespace dnstorm::operators
