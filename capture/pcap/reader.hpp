// Packets out of capture files: pcap (micro- and nanoseconds, both byte orders) and pcapng (several
// sections and interfaces), plain or compressed by gzip, zstd or xz; the form is told by the bytes,
// never by the file's name.
//
// open() reads the head of the file, next() hands out packet after packet without a copy. One
// thread at a time. A file that is cut off gives all packets before the cut and then Read::error;
// so does a damaged one: nothing is skipped silently.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "capture/file/window.hpp"
#include "capture/packet/decode.hpp"
#include "engine/base/block.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::pcap {

// One captured packet. `bytes` belongs to whoever handed the packet out; if there is a block, they
// lie in it and live as long as it.
struct Packet {
  TimeNs time = 0;  // since 1970; 0 where the file carries none (pcapng's simple packet block)
  packet::LinkType link = packet::LinkType::ethernet;
  std::uint32_t original_length = 0;  // on the wire, in bytes
  std::span<const std::uint8_t> bytes;
  const Block* block = nullptr;
  // Equal for what must be decoded in one place, if whoever hands the packet out knows it
  // (packet::hosts_hash()); 0: it does not.
  std::uint64_t hosts = 0;
};

enum class Read : std::uint8_t { packet, end, error };

class FileReader {
 public:
  // `path` may be "-": standard input. Errors: no_input (not there, not readable), data (empty, not
  // a capture, damaged head).
  static Result<std::unique_ptr<FileReader>> open(const std::string& path);
  // The same of a file that is open already, for whoever must look at its first bytes before.
  static Result<std::unique_ptr<FileReader>> open(std::string name, file::Window window);
  virtual ~FileReader() = default;

  // From here on packets come with the block that they lie in.
  virtual void lend_blocks() = 0;

  // The packet's bytes hold until the next call, or as long as its block is held. After Read::end
  // or Read::error every further call answers the same.
  virtual Read next(Packet& out) = 0;

  // Why next() answered Read::error; names file, packet and byte.
  virtual const Error& error() const = 0;

  virtual std::uint64_t packets() const = 0;  // handed out so far
  virtual std::uint64_t bytes_read()
      const = 0;  // of the file as it lies on disk, compressed or not
  virtual std::uint64_t bytes_total() const = 0;  // of the file on disk; 0 where unknown (a pipe)
};

}  // namespace dnstorm::capture::pcap
