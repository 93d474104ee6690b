// Reads C-DNS files (RFC 8618), plain or compressed by gzip, zstd or xz: messages in order of time
// within each block.
//
// A file that is cut off or damaged gives the messages of all whole blocks before it and then
// Read::error. What of an item cannot be made a message again is counted, by reason. Holds one
// block at a time. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/cdns/block_reader.hpp"
#include "capture/cdns/rebuild.hpp"
#include "capture/file/window.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::cdns {

enum class Read : std::uint8_t { message, end, error };

class Reader {
 public:
  static constexpr std::size_t magic_bytes = 7;
  static bool is_cdns(file::Window& window);
  // `name` is how messages call the file. Errors: data.
  static Result<std::unique_ptr<Reader>> open(std::string name, file::Window window);

  // `out.wire` holds until the next call. After Read::end or Read::error: the same again.
  Read next(CapturedMessage& out);
  // The same, but what gives no message is handed out, too: with its time, and `what` says why.
  Read next(CapturedMessage& out, Rebuilt& what);
  const Error& error() const { return error_; }
  ReadFault fault() const { return in_.error(); }

  const std::vector<BlockParameters>& parameters() const { return parameters_; }
  // The block that next() is in: its statistics and address events.
  const Block& block() const { return block_; }
  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t address_events() const { return events_; }  // sum of their counts
  std::uint64_t count(Rebuilt what) const { return counts_[static_cast<std::size_t>(what)]; }
  std::uint64_t bytes_read() const { return window_.source().bytes_read(); }
  std::uint64_t bytes_total() const { return window_.source().bytes_total(); }

 private:
  enum class Kind : std::uint8_t { query, response, malformed, unknown };
  struct Entry {
    TimeNs time;
    std::uint32_t index;
    Kind kind;
  };

  Reader(std::string name, file::Window window)
      : name_(std::move(name)), window_(std::move(window)), in_(window_) {}
  bool next_block();
  void list_entries();
  void list_item(std::uint32_t index);
  TimeNs time_at(std::uint64_t offset, std::int64_t delay = 0) const;
  const StorageParameters& storage() const;
  Rebuilt rebuild(const Entry& entry, CapturedMessage& out);
  Read fail();

  std::string name_;
  file::Window window_;
  CborReader in_;
  CborReader::Container list_;
  std::vector<BlockParameters> parameters_;
  Block block_;
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
  Rebuilder rebuilder_;
  Read state_ = Read::message;
  Error error_;
  std::uint64_t blocks_ = 0;
  std::uint64_t events_ = 0;
  std::array<std::uint64_t, rebuilt_count> counts_{};
};

}  // namespace dnstorm::capture::cdns
