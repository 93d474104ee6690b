#include "cluster/feed/book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cluster/feed/frame_codec.hpp"

namespace dnstorm::cluster {

FeedBook::Taken FeedBook::take(const FeedNews& news) {
  Taken taken;
  if (news.incarnation < incarnation_ || news.sequence == 0) return taken;
  if (news.incarnation > incarnation_) begin(news.incarnation);
  auto [entry, is_new] = workers_.try_emplace(news.node);
  Worker& worker = entry->second;
  // What others have confirmed never comes again; it went with them.
  if (is_new) worker.taken = news.confirmed;
  if (news.sequence == worker.taken + 1) take_words(news, worker, taken);
  // One that came too early comes again.
  if (news.sequence <= worker.taken) taken.ack = {news.topology, news.incarnation, worker.taken};
  return taken;
}

void FeedBook::begin(std::uint64_t incarnation) {
  incarnation_ = incarnation;
  workers_.clear();
  before_ = counted_;
}

void FeedBook::tell_left_out(const FeedNews& news, Worker& worker, Taken& taken) {
  auto tell = [&](std::uint64_t more, const char* of) {
    taken.notes.push_back(
        fmt::format("{} {} were left out by the worker on {}, because no coordinator took them",
                    more, of, news.node));
  };
  if (news.left_out > worker.left_out) tell(news.left_out, "rows of walls");
  if (news.events_left_out > worker.events_left_out)
    tell(news.events_left_out - worker.events_left_out, "news of security events");
  if (news.points_left_out > worker.points_left_out)
    tell(news.points_left_out - worker.points_left_out, "points of the page Traffic");
  worker.left_out = news.left_out;
  worker.events_left_out = news.events_left_out;
  worker.points_left_out = news.points_left_out;
}

void FeedBook::take_words(const FeedNews& news, Worker& worker, Taken& taken) {
  worker.taken = news.sequence;
  tell_left_out(news, worker, taken);
  auto frames = decode_frames(news.bytes);
  if (!frames.ok()) {
    taken.notes.push_back(
        fmt::format("what the worker on {} shows is missing: {}", news.node, frames.error().what));
    return;
  }
  for (KeptFrame& kept : *frames) {
    bool adds_up = kept.frame.view == "wall" || kept.frame.view == "series";
    if (adds_up && !is_new(kept.frame.source, kept.frame, kept.first_end, taken)) continue;
    taken.frames.push_back(std::move(kept.frame));
  }
}

bool FeedBook::is_new(const std::string& source, const FeedFrame& frame, TimeNs first_end,
                      Taken& taken) {
  const Key key{source, frame.panel};
  TimeNs& counted = counted_.try_emplace(key, time_min).first->second;
  auto before = before_.find(key);
  const TimeNs known = before == before_.end() ? time_min : before->second;
  if (frame.end <= known) return false;
  counted = std::max(counted, frame.end);
  if (first_end > known) return true;
  taken.notes.push_back(fmt::format(
      "wall \"{}\" may lack a few windows: they came merged with some that were counted before a "
      "restart",
      frame.panel));
  return false;
}

}  // namespace dnstorm::cluster
