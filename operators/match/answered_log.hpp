// The queries of one key group that have been answered, kept until their deadlines, so that a
// second response is known as a duplicate.
//
// Nearly all entries are never looked for. They are appended to slices of a quarter of the timeout
// each, in the order in which they come; a slice gets its index when it is first searched, and is
// dropped as a whole when all its deadlines have passed. Whether a response is in time depends on
// event times only, never on when expire() happens to be called. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/match/open_query.hpp"

namespace dnstorm::operators {

class AnsweredLog {
 public:
  struct Found {
    const OpenQuery* query = nullptr;  // null: there is none
    std::string_view name;             // empty if names are not kept
  };

  // Beyond `entries_max` the oldest slice is forgotten. `keep_names`: as of MatchTable.
  AnsweredLog(DurationNs timeout, std::size_t entries_max, bool keep_names)
      : timeout_(timeout), entries_max_(entries_max), keep_names_(keep_names) {}

  void add(std::uint64_t hash, const OpenQuery& query, std::string_view name);
  // As MatchTable::find(). Valid until the next call of a function that is not const.
  Found find(std::uint64_t hash, const OpenQuery& message, bool by_question);
  // No slice ends earlier; time_max if there is none.
  TimeNs next_deadline() const;
  void expire(TimeNs now);
  std::size_t size() const { return size_; }

  void save(StateWriter& out) const;
  // Into an empty log. False: the bytes are not those of save().
  bool restore(StateReader& in);

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t next = 0;  // number of the entry plus one; 0: free
  };
  struct Slice {
    std::int64_t id = 0;
    TimeNs begin = 0, end = 0;  // the deadlines from id * width on, to the next
    std::vector<OpenQuery> queries;
    std::vector<std::uint32_t> hashes;   // low half
    std::vector<std::size_t> name_ends;  // empty if names are not kept
    std::string names;
    std::vector<Slot> slots;  // of the first `indexed` queries
    std::size_t indexed = 0;

    std::string_view name(std::size_t number) const;
    void index_all();
    void enter(std::uint32_t number);
    void clear();
  };

  DurationNs width() const { return timeout_ / 4 + 1; }
  TimeNs begin_of(std::int64_t id) const;
  Slice& slice_of(TimeNs deadline);
  void drop_oldest();

  DurationNs timeout_;
  std::size_t entries_max_;
  bool keep_names_;
  std::size_t size_ = 0;
  std::vector<Slice> slices_;  // ascending by id
  std::vector<Slice> spare_;   // emptied, for their memory
};

}  // namespace dnstorm::operators
