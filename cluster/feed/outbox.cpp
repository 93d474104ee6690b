#include "cluster/feed/outbox.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace dnstorm::cluster {

namespace {

bool is_same(const FeedFrame& a, const FeedFrame& b) {
  return a.source == b.source && a.panel == b.panel && a.view == b.view;
}

void add(std::vector<double>& sums, const std::vector<double>& values) {
  if (sums.size() < values.size()) sums.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) sums[i] += values[i];
}

// Keys stay in the order in which they came first, as a board shows them.
void update(FeedFrame& totals, FeedFrame newer) {
  std::vector<FeedRow> rows = std::move(totals.rows);
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) places[rows[i].key] = i;
  for (FeedRow& row : newer.rows) {
    auto place = places.find(row.key);
    if (place != places.end())
      rows[place->second] = std::move(row);
    else
      rows.push_back(std::move(row));
  }
  totals = std::move(newer);
  totals.rows = std::move(rows);
}

}  // namespace

void FeedOutbox::publish(FeedFrame frame) {
  Panel& panel = panel_for(frame);
  if (frame.view == "wall") return keep_wall(panel, std::move(frame));
  if (frame.view == "events") {
    events_left_out_ += keep_newest(panel, std::move(frame), limits_.events_max);
    return;
  }
  if (frame.view == points_view) {
    points_left_out_ += keep_newest(panel, std::move(frame), limits_.points_max);
    return;
  }
  const TimeNs end = frame.end;
  if (frame.view == "series") {
    panel.frames.push_back({std::move(frame), end});
    if (panel.frames.size() > limits_.windows_max) panel.frames.pop_front();
  } else if (panel.frames.empty()) {
    panel.frames.push_back({std::move(frame), end});
  } else if (frame.view == "totals") {
    update(panel.frames.front().frame, std::move(frame));
    panel.frames.front().first_end = end;
  } else if (end >= panel.frames.front().frame.end) {
    panel.frames.front() = {std::move(frame), end};
  }
}

FeedOutbox::Panel& FeedOutbox::panel_for(const FeedFrame& frame) {
  auto found = std::find_if(panels_.begin(), panels_.end(), [&](const Panel& panel) {
    return is_same(panel.frames.front().frame, frame);
  });
  return found != panels_.end() ? *found : panels_.emplace_back();
}

void FeedOutbox::keep_wall(Panel& panel, FeedFrame frame) {
  panel.rows += frame.rows.size();
  const TimeNs end = frame.end;
  panel.frames.push_back({std::move(frame), end});
  if (panel.rows > limits_.rows_max) merge(panel);
}

std::size_t FeedOutbox::keep_newest(Panel& panel, FeedFrame frame, std::size_t rows_max) {
  panel.rows += frame.rows.size();
  const TimeNs end = frame.end;
  panel.frames.push_back({std::move(frame), end});
  std::size_t all_gone = 0;
  while (panel.rows > rows_max && panel.frames.size() > 1) {
    const std::size_t gone = panel.frames.front().frame.rows.size();
    panel.rows -= gone;
    all_gone += gone;
    panel.frames.pop_front();
  }
  return all_gone;
}

void FeedOutbox::merge(Panel& panel) {
  std::map<std::string, std::vector<double>> sums;
  TimeNs start = panel.frames.front().frame.start, first = panel.frames.front().first_end;
  for (KeptFrame& kept : panel.frames)
    for (FeedRow& row : kept.frame.rows) {
      // A key without room is left out as a whole; that is counted.
      auto at = sums.find(row.key);
      if (at != sums.end())
        add(at->second, row.values);
      else if (sums.size() < limits_.rows_max / 2)
        sums.emplace(std::move(row.key), std::move(row.values));
      else
        ++left_out_;
    }
  KeptFrame all = std::move(panel.frames.back());
  all.frame.start = start;
  all.first_end = first;
  all.frame.rows.clear();
  for (auto& [key, values] : sums) all.frame.rows.push_back({key, std::move(values)});
  panel.rows = all.frame.rows.size();
  panel.frames.clear();
  panel.frames.push_back(std::move(all));
}

void FeedOutbox::confirm(std::uint64_t sequence, TimeNs now) {
  if (sequence <= confirmed_ || sequence > last_) return;
  confirmed_ = sequence;
  while (!on_way_.empty() && on_way_.front().word.sequence <= sequence) {
    way_rows_ -= on_way_.front().rows;
    on_way_.pop_front();
  }
  repeat_pause_ = limits_.repeat_first;
  repeat_at_ = on_way_.empty() ? time_max : now + repeat_pause_;
  // What is behind one that had to be repeated has been passed over, too.
  if (std::exchange(asked_again_, false) && !on_way_.empty()) {
    repeat_all_ = true;
    repeat_at_ = now;
  }
}

// What is on its way goes again: at first the oldest alone, until somebody takes it.
void FeedOutbox::repeat(TimeNs now, std::vector<FeedNews>& words) {
  const std::size_t count = std::exchange(repeat_all_, false) ? on_way_.size() : 1;
  repeat_first(count, words);
  asked_again_ = count == 1;
  repeat_pause_ = std::min(std::max(repeat_pause_ * 2, limits_.repeat_first), limits_.repeat_max);
  repeat_at_ = now + repeat_pause_;
}

void FeedOutbox::repeat_first(std::size_t count, std::vector<FeedNews>& words) const {
  for (std::size_t i = 0; i < count; ++i) {
    words.push_back(on_way_[i].word);
    words.back().confirmed = confirmed_;
  }
}

std::vector<FeedNews> FeedOutbox::take(TimeNs now) {
  std::vector<FeedNews> words;
  if (!on_way_.empty() && now >= repeat_at_) repeat(now, words);
  while (!panels_.empty() && on_way_.size() < limits_.words && way_rows_ < limits_.way_rows)
    words.push_back(next_word(now));
  return words;
}

std::vector<FeedNews> FeedOutbox::flush(TimeNs now) {
  std::vector<FeedNews> words;
  while (!panels_.empty()) words.push_back(next_word(now));
  return words;
}

std::vector<FeedNews> FeedOutbox::last_words(TimeNs now) {
  std::vector<FeedNews> words;
  repeat_first(on_way_.size(), words);
  for (FeedNews& word : flush(now)) words.push_back(std::move(word));
  return words;
}

// As many frames as a word has room for, in the order of their panels.
FeedNews FeedOutbox::next_word(TimeNs now) {
  std::vector<KeptFrame> frames;
  std::size_t rows = 0;
  while (!panels_.empty() && (frames.empty() || rows < limits_.word_rows)) {
    Panel& panel = panels_.front();
    const FeedFrame& next = panel.frames.front().frame;
    const std::size_t its = next.rows.size();
    if (!frames.empty() &&
        (rows + its > limits_.word_rows || is_points(next) != is_points(frames.front().frame)))
      break;
    rows += its + 1;
    panel.rows -= std::min(panel.rows, its);
    frames.push_back(std::move(panel.frames.front()));
    panel.frames.pop_front();
    if (panel.frames.empty()) panels_.erase(panels_.begin());
  }
  FeedNews word;
  word.sequence = ++last_;
  word.confirmed = confirmed_;
  word.left_out = left_out_;
  word.events_left_out = events_left_out_;
  word.points_left_out = points_left_out_;
  word.bytes = encode_frames(frames);
  if (on_way_.empty()) {
    repeat_pause_ = limits_.repeat_first;
    repeat_at_ = now + repeat_pause_;
  }
  on_way_.push_back({word, rows});
  way_rows_ += rows;
  return word;
}

std::size_t FeedOutbox::waiting() const {
  std::size_t frames = 0;
  for (const Panel& panel : panels_) frames += panel.frames.size();
  return frames;
}

}  // namespace dnstorm::cluster
