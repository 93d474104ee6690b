// What a node and the process of its worker say to each other over a pair of sockets: frames of a
// length (4 bytes, little end first), a kind (1 byte) and bytes. Values, and a pure reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dnstorm::cluster {

// Where the process of a worker finds its end of the sockets, and its lease (lease_page.hpp).
inline constexpr int worker_channel_file = 3;
inline constexpr int worker_lease_file = 4;

enum class WordKind : std::uint8_t {
  // To the worker.
  order = 1,   // WorkerOrder, JSON; the whole of it each time
  submission,  // Submission, JSON; once
  state,       // StatePart as encode() has it: what a task begins from; and back: what it has saved
  stop,        // nothing: end kindly
  // To the node.
  report,  // WorkerReport, JSON
  stats,   // JSON of the numbers of its tasks
  log,     // LogLine as encode() has it
  news,    // WorkerNews as encode() has it; the node puts in who says it
  // To the worker.
  tap,       // TapOrder as encode() has it, again and again
  feed_ack,  // FeedAck as encode() has it
  // To the node.
  feed,  // FeedNews as encode() has it; the node puts in who says it
  // To the worker.
  mutes,  // MuteOrder as encode() has it
};

struct Word {
  WordKind kind = WordKind::order;
  std::string bytes;
  bool operator==(const Word&) const = default;
};

inline constexpr std::size_t word_bytes_max = std::size_t{1} << 30;

std::string to_bytes(const Word& word);

// Puts words together again, however they were cut on the way.
class WordReader {
 public:
  void add(std::string_view bytes) { bytes_.append(bytes); }
  std::optional<Word> next();
  // What comes are no words: nothing more will be read.
  bool broken() const { return broken_; }

 private:
  std::string bytes_;
  std::size_t read_ = 0;  // of bytes_
  bool broken_ = false;
};

}  // namespace dnstorm::cluster
