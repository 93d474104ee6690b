// Acknowledgements of words that bring what a coordinator keeps on its disk: they wait until it is
// there, so that a worker still has what a coordinator that is killed had not written yet. Of one
// topology.
//
//   Taken taken = book.take(news);
//   if (taken.ack) acks.hold(news.node, *taken.ack, marks);    marks: what of it is to be written
//   ack = acks.of(news.node, is_settled);                      now, as far as it may be told
//   for (auto& [node, ack] : acks.due(is_settled)) ...         later, each once
//
// Pure; used by one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/model/feed_news.hpp"

namespace dnstorm::cluster {

class HeldAcks {
 public:
  // Whether what has that mark need not be waited for any more.
  using IsSettled = std::function<bool(std::uint64_t mark)>;

  void hold(const std::string& node, FeedAck ack, std::vector<std::uint64_t> marks);
  std::optional<FeedAck> of(const std::string& node, const IsSettled& is_settled);
  std::vector<std::pair<std::string, FeedAck>> due(const IsSettled& is_settled);

 private:
  struct Word {
    std::uint64_t sequence = 0;
    std::vector<std::uint64_t> marks;
  };
  struct Worker {
    FeedAck taken;
    std::uint64_t told = 0;
    std::deque<Word> waiting;
  };
  static std::uint64_t settled(Worker& worker, const IsSettled& is_settled);

  std::map<std::string, Worker> workers_;  // by node
};

}  // namespace dnstorm::cluster
