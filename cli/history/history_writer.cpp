#include "cli/history/history_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "operators/sinks/point_history.hpp"
#include "operators/sinks/point_store.hpp"

namespace dnstorm::cli {

namespace {

using operators::Point, operators::PointStore;

constexpr std::chrono::seconds gathered(1);  // before they are written
constexpr std::chrono::seconds pause(5);     // after a write that failed
constexpr std::size_t open_max = 32;
constexpr DurationNs busy_timeout = 5 * ns_per_s;
constexpr DurationNs minute = 60 * ns_per_s;
constexpr std::size_t notes_max = 8;  // of a history, that nobody has taken

}  // namespace

struct HistoryWriter::Kept {
  std::optional<PointStore> history, minutes;
  std::set<std::string> series;  // that are in the file
  bool full = false;             // that is told
  std::chrono::steady_clock::time_point used;
};

HistoryWriter::HistoryWriter(std::string folder, HistoryLimits limits)
    : folder_(std::move(folder)), limits_(limits), thread_([this] { run(); }) {}

HistoryWriter::~HistoryWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  thread_.join();
}

std::string HistoryWriter::history_file(const std::string& name) const {
  return fmt::format("{}/history/{}.sqlite", folder_, name);
}
std::string HistoryWriter::minutes_file(const std::string& name) const {
  return fmt::format("{}/minutes/{}.sqlite", folder_, name);
}

std::uint64_t HistoryWriter::mark() {
  std::lock_guard lock(mutex_);
  unsettled_.insert(++marks_);
  return marks_;
}

void HistoryWriter::settle(std::uint64_t mark) {
  std::lock_guard lock(mutex_);
  unsettled_.erase(mark);
}

bool HistoryWriter::is_settled(std::uint64_t mark) const {
  std::lock_guard lock(mutex_);
  return !unsettled_.contains(mark);
}

void HistoryWriter::add(const std::string& name, SeriesFrame series, std::uint64_t mark) {
  std::lock_guard lock(mutex_);
  Waiting& waiting = waiting_[name];
  waiting.rows += series.frame.rows.size();
  waiting.frames.push_back({std::move(series), mark});
  while (waiting.rows > limits_.rows_waiting && waiting.frames.size() > 1) {
    const Marked& oldest = waiting.frames.front();
    waiting.lost += oldest.series.frame.rows.size();
    waiting.rows -= oldest.series.frame.rows.size();
    unsettled_.erase(oldest.mark);
    waiting.frames.pop_front();
  }
  news_.notify_all();
}

std::vector<std::string> HistoryWriter::take_notes(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto found = notes_.find(name);
  if (found == notes_.end()) return {};
  std::vector<std::string> notes = std::move(found->second);
  notes_.erase(found);
  return notes;
}

void HistoryWriter::note(const std::string& name, const std::string& text) {
  std::lock_guard lock(mutex_);
  std::vector<std::string>& notes = notes_[name];
  if (notes.size() < notes_max && std::find(notes.begin(), notes.end(), text) == notes.end())
    notes.push_back(text);
}

// --- the thread ----------------------------------------------------------------------------------

void HistoryWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (!stopping_) news_.wait_for(lock, gathered, [this] { return stopping_; });
    if (waiting_.empty()) return;
    std::map<std::string, Waiting> taken = std::exchange(waiting_, {});
    lock.unlock();
    for (auto& [name, waiting] : taken) {
      if (waiting.lost != 0)
        note(name, fmt::format("the history lacks {} rows: they found no room while its file "
                               "could not be written",
                               waiting.lost));
      std::vector<std::uint64_t> marks;
      for (const Marked& frame : waiting.frames) marks.push_back(frame.mark);
      write(name, std::move(waiting.frames));
      std::lock_guard settling(mutex_);
      for (std::uint64_t mark : marks) unsettled_.erase(mark);
    }
    lock.lock();
    // What has failed waits again, and once more at the end.
    if (stopping_) return;
    if (!waiting_.empty()) news_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

void HistoryWriter::write(const std::string& name, std::deque<Marked> frames) {
  Kept* kept = kept_for(name);
  if (kept == nullptr) return put_back(name, std::move(frames));
  operators::RestoredPoints names;
  std::vector<Point> all, minutes;
  for (const Marked& frame : frames)
    for (Point& point : points_of(frame.series, names)) {
      if (!kept->series.contains(point.series)) {
        if (kept->series.size() >= limits_.series_max) {
          if (!std::exchange(kept->full, true))
            note(name, fmt::format("the history has room for {} series: others are not kept",
                                   limits_.series_max));
          continue;
        }
        kept->series.insert(point.series);
      }
      if (point.end - point.time >= minute) minutes.push_back(point);
      all.push_back(std::move(point));
    }
  auto done = kept->history->write(all);
  if (done.ok() && !minutes.empty()) done = kept->minutes->write(minutes);
  for (auto* store : {&kept->history, &kept->minutes})
    if (done.ok() && (*store)->expiry_due())
      if (auto expired = (*store)->expire(); !expired.ok()) done = std::move(expired.error());
  if (done.ok()) return;
  note(name, fmt::format("the history cannot be written: {}", done.error().what));
  kept_.erase(name);
  put_back(name, std::move(frames));
}

void HistoryWriter::put_back(const std::string& name, std::deque<Marked> frames) {
  std::lock_guard lock(mutex_);
  Waiting& waiting = waiting_[name];
  for (; !frames.empty(); frames.pop_back()) {
    const std::size_t rows = frames.back().series.frame.rows.size();
    if (waiting.rows + rows > limits_.rows_waiting) break;
    waiting.rows += rows;
    waiting.frames.push_front(std::move(frames.back()));
  }
  for (const Marked& frame : frames) waiting.lost += frame.series.frame.rows.size();
}

HistoryWriter::Kept* HistoryWriter::kept_for(const std::string& name) {
  auto found = kept_.find(name);
  if (found == kept_.end()) {
    make_room();
    auto kept = std::make_unique<Kept>();
    auto history = PointStore::open(history_file(name), {.retention = limits_.points,
                                                         .rollup_retention = limits_.rollups,
                                                         .busy_timeout = busy_timeout});
    auto minutes = PointStore::open(
        minutes_file(name),
        {.retention = limits_.minutes, .busy_timeout = busy_timeout, .rollups = false});
    for (auto* opened : {&history, &minutes})
      if (!opened->ok()) {
        note(name, fmt::format("the history cannot be kept: {}", opened->error().what));
        return nullptr;
      }
    kept->history.emplace(std::move(*history));
    kept->minutes.emplace(std::move(*minutes));
    if (auto past = operators::PointHistory::open(history_file(name), busy_timeout); past.ok())
      if (auto series = past->series(); series.ok())
        for (const operators::HistorySeries& one : *series)
          kept->series.insert(series_name(one.measurement, one.tags));
    found = kept_.emplace(name, std::move(kept)).first;
  }
  found->second->used = std::chrono::steady_clock::now();
  return found->second.get();
}

// For one more: of files that are open, and of those in the folder.
void HistoryWriter::make_room() {
  auto oldest = [](const auto& a, const auto& b) { return a.second->used < b.second->used; };
  if (kept_.size() >= open_max) kept_.erase(std::min_element(kept_.begin(), kept_.end(), oldest));
  std::error_code failed;
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> names;
  for (const auto& file : std::filesystem::directory_iterator(folder_ + "/history", failed))
    if (file.path().extension() == ".sqlite" && !kept_.contains(file.path().stem()))
      names.emplace_back(file.last_write_time(failed), file.path().stem());
  std::sort(names.begin(), names.end());
  const std::size_t all = names.size() + kept_.size();
  for (std::size_t i = 0; i < names.size() && all - i >= limits_.histories_max; ++i)
    for (const std::string& file : {history_file(names[i].second), minutes_file(names[i].second)})
      for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(file + part, failed);
}

}  // namespace dnstorm::cli
