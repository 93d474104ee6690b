// A bounded ring of captured packets on disk. Packets are numbered from 0 as they are written, and
// the number is where a reader stands.
//
// open() takes over what an earlier run left: a segment that was cut is kept up to the cut. Then
// append() a batch and flush(): what flush() has written survives the end of the process, however
// it ends (not that of the machine: nothing is synced). A disk that is full or fails stops
// nothing: those packets are counted, not numbered, and handed to take_unwritten(). One thread at a
// time; a folder belongs to one process (flock).
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "capture/spool/blocks.hpp"
#include "capture/spool/ring.hpp"

namespace dnstorm::capture::spool {

struct SpoolOptions {
  std::string folder;
  Limits limits;
  std::vector<std::string> interfaces;  // names, by number
};

class Spool {
 public:
  // Errors: permission, io (the folder), unavailable (another process has it).
  static Result<std::unique_ptr<Spool>> open(SpoolOptions options);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  void append(const pcap::Packet& packet, std::size_t interface);
  void flush();
  // Completes the open segment, so that its name says what is in it.
  void close();

  // The number of the first packet from there on that is still there; next() if none is.
  std::uint64_t first_from(std::uint64_t packet) const;
  std::uint64_t next() const { return next_; }  // the number of the next one that will be written
  // The segment that holds the packet; nothing if there is none. `path` as it is called now.
  std::optional<Segment> find(std::uint64_t packet, std::string& path) const;

  std::uint64_t unwritten() const { return unwritten_; }
  std::uint64_t overwritten() const { return overwritten_; }  // packets in segments removed
  const std::string& problem() const { return problem_; }     // the last one's sentence
  // Packets that flush() could not write, in their order; forgotten afterwards.
  template <class Take>
  void take_unwritten(Take take) {
    std::span<const std::uint8_t> rest(lost_);
    for (; !rest.empty();) {
      std::optional<BlockView> block = first_block(rest);
      if (!block) break;
      rest = rest.subspan(block->bytes.size());
      auto packet = packet_in(*block);
      if (!packet) continue;
      take(pcap::Packet{packet->time, static_cast<packet::LinkType>(packet->interface),
                        packet->original_length, packet->bytes, nullptr});
    }
    lost_.clear();
  }

 private:
  struct Interface {
    std::size_t number;
    packet::LinkType link;
  };
  explicit Spool(SpoolOptions options) : options_(std::move(options)), ring_(options_.limits) {}
  Result<void> lock();
  Result<void> take_over();
  Result<void> recover(Segment segment);
  bool begin_segment();
  void complete_segment();
  bool write_out();
  bool try_write();
  void remove(const Segment& segment);
  std::uint32_t interface_id(std::size_t number, packet::LinkType link);
  void keep_unwritten();
  std::string path(const Segment& segment) const;

  SpoolOptions options_;
  Ring ring_;
  int lock_ = -1;
  int file_ = -1;
  Segment open_;              // packets and bytes as they are on disk
  std::uint64_t number_ = 0;  // of the newest segment
  std::uint64_t next_ = 0;
  std::vector<Interface> interfaces_;  // of the open segment
  std::vector<std::uint8_t> buffer_;   // not yet written
  Scan buffered_;                      // what is in it
  std::vector<std::uint8_t> lost_;     // blocks of packets, the link type for the interface
  std::uint64_t unwritten_ = 0, overwritten_ = 0;
  TimeNs newest_ = 0;
  std::string problem_;
};

// Reads a spool from a packet on until it has caught up with the writer. Belongs to the spool's
// thread.
class SpoolReader {
 public:
  // `packet` may lie behind all that is there, if the machine itself went down: what is missing is
  // lost.
  SpoolReader(const Spool& spool, std::uint64_t packet)
      : spool_(spool),
        at_(std::min(packet, spool.next())),
        lost_(packet - std::min(packet, spool.next())) {}

  // False: there is none now. The packet's bytes hold until the next call. Errors: as FileReader.
  Result<bool> next(pcap::Packet& out);
  std::uint64_t position() const { return at_; }
  // Packets that were wanted and are not there any more.
  std::uint64_t lost() const { return lost_; }

 private:
  Result<bool> enter();

  const Spool& spool_;
  std::uint64_t at_;
  std::uint64_t lost_;
  std::unique_ptr<pcap::FileReader> reader_;
};

}  // namespace dnstorm::capture::spool
