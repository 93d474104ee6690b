// The coordinator's end of the feeds of one topology's workers (cluster/feed/outbox.hpp): takes
// their words in order, each once, and says what is new to be shown.
//
// After a restart (a later incarnation) tasks go back to a checkpoint, so windows come again that
// were taken before: of walls and series, whose numbers are added up, they are passed over, by
// source, panel and end. (Points are given on whenever they come: written again they are the same.)
// A worker tells a state of a checkpoint after what was published before it,
// on the same way: what an incarnation begins from is here. So the sums of a wall are those of a
// run without a failure wherever the topology's own results are.
//
// Pure; used by one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/model/feed_news.hpp"
#include "engine/api/feed.hpp"

namespace dnstorm::cluster {

class FeedBook {
 public:
  struct Taken {
    std::vector<FeedFrame> frames;
    std::vector<std::string> notes;  // what is not sure any more, for people
    std::optional<FeedAck> ack;      // to the worker's node
  };
  Taken take(const FeedNews& news);
  // It has taken a word of a worker on that node, in the incarnation at hand.
  bool knows(const std::string& node) const { return workers_.contains(node); }

 private:
  struct Worker {
    std::uint64_t taken = 0;  // number of its newest word
    std::uint64_t left_out = 0;
    std::uint64_t events_left_out = 0;
    std::uint64_t points_left_out = 0;
  };
  using Key = std::pair<std::string, std::string>;  // source, panel
  void begin(std::uint64_t incarnation);
  void take_words(const FeedNews& news, Worker& worker, Taken& taken);
  static void tell_left_out(const FeedNews& news, Worker& worker, Taken& taken);
  bool is_new(const std::string& source, const FeedFrame& frame, TimeNs first_end, Taken& taken);

  std::uint64_t incarnation_ = 0;
  std::map<std::string, Worker> workers_;  // of it, by node
  std::map<Key, TimeNs> counted_;          // newest end
  std::map<Key, TimeNs> before_;           // likewise, by earlier incarnations
};

}  // namespace dnstorm::cluster
