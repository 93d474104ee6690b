#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/stall.hpp"

namespace dnstorm::cli {

namespace {
std::string short_number(double number) {
  if (number >= 1e6) return fmt::format("{:.2f} M", number / 1e6);
  if (number >= 1e4) return fmt::format("{:.1f} k", number / 1e3);
  return fmt::format("{:.0f}", number);
}
}  // namespace

std::string progress_text(const ProgressState& state) {
  std::string text =
      fmt::format("{} packets, {}/s", short_number(static_cast<double>(state.packets)),
                  short_number(state.packets_per_second));
  if (state.files > 1)
    text += fmt::format(", {} of {} files, {}B/s", state.files_done, state.files,
                        short_number(state.bytes_per_second));
  if (state.share > 0) text += fmt::format(", {:.0f} %", state.share * 100);
  if (state.share > 0 && state.share < 1)
    text += fmt::format(", {:.0f} s left", state.seconds_left);
  return text;
}

std::string progress_bar(double share) {
  constexpr std::size_t width = 24;
  auto done = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width);
  return "[" + std::string(done, '#') + std::string(width - done, '-') + "]";
}

bool ProgressLines::due(TimeNs steady, double share) {
  if (next_ == 0) next_ = steady + interval;
  if (steady < next_ || share <= 0) return false;
  next_ = steady + interval;
  return true;
}

Progress::Progress(bool enabled) : enabled_(enabled), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(const board::Honesty& honesty, const runtime::RunStatus& status,
                    TimeNs steady) {
  if (!enabled_) return;
  std::uint64_t bytes = status.total("file_bytes_read");
  if (start_ == 0) {
    start_ = last_ = steady;
    start_bytes_ = bytes;
  }
  double since_start = static_cast<double>(steady - start_) / 1e9;
  double since_last = static_cast<double>(steady - last_) / 1e9;
  auto total = static_cast<double>(status.total("file_bytes_total"));
  auto read_now = static_cast<double>(bytes - std::min(bytes, start_bytes_));
  ProgressState state;
  state.packets = honesty.captured;
  state.share = total > 0 ? static_cast<double>(bytes) / total : 0;
  // The rate is that since the last line.
  if (!terminal_ && !lines_.due(steady, state.share)) return;
  if (since_last > 0)
    state.packets_per_second = static_cast<double>(honesty.captured - last_captured_) / since_last;
  if (since_start > 0) state.bytes_per_second = read_now / since_start;
  if (read_now > 0)
    state.seconds_left = since_start * std::max(0.0, total - static_cast<double>(bytes)) / read_now;
  state.files_done = status.total("files_done");
  state.files = status.total("files_total");
  std::string text = progress_text(state);
  if (auto stall = find_stall(status, 1'000'000'000)) text += "; waiting for " + stall->cause;
  if (!terminal_) {
    fmt::print(stderr, "{}\n", text);
  } else {
    if (state.share > 0) text = progress_bar(state.share) + " " + text;
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
    shown_ = true;
  }
  last_ = steady;
  last_captured_ = honesty.captured;
}

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace dnstorm::cli
