// Reads capture files ahead on threads of its own: unpacking and taking apart cost more than what
// is done with the packets where they are merged.
//
// ReadAhead pool(threads, bytes) -> wrap(file) -> a reader of the same packets in the same order,
// whatever the threads do. Which file a thread goes on with: one whose reader waits, else the one
// that was wrapped first. All files together hold about `bytes` of packets ahead; a file that is
// being read may always have one slice (up to 128 KiB), so that none waits for another.
//
// wrap() and the readers belong to one thread, and are gone before the pool is.
#pragma once

#include <cstddef>
#include <memory>

#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::pcap {

class ReadAhead {
 public:
  ReadAhead(unsigned threads, std::size_t bytes);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead();

  // `file` may have given packets before; their bytes are no longer valid.
  std::unique_ptr<FileReader> wrap(std::unique_ptr<FileReader> file);

  unsigned threads() const { return threads_; }

 private:
  class Pool;
  class Reader;
  unsigned threads_;
  std::shared_ptr<Pool> pool_;
};

}  // namespace dnstorm::capture::pcap
