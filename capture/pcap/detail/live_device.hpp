// One interface of a live capture: libpcap's handle, opened again when the interface has been away.
#pragma once

#include <pcap/pcap.h>

#include "capture/pcap/live.hpp"

namespace dnstorm::capture::pcap::detail {

class LiveDevice {
 public:
  static Result<std::unique_ptr<LiveDevice>> open(const LiveOptions& options,
                                                  const std::string& interface);

  // To wait on; -1 while the interface is away.
  int descriptor() const { return handle_ ? pcap_get_selectable_fd(handle_.get()) : -1; }
  // What is there, without waiting. `begin`: packets before it do not count.
  Result<std::uint64_t> dispatch(const LiveCapture::Take& take, std::size_t number, int max_packets,
                                 TimeNs begin);
  Result<Drops> drops();
  bool up() const { return up_; }
  packet::LinkType link() const { return link_; }
  // Looks for an interface that is away.
  Result<void> look_again();

 private:
  struct CloseHandle {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };
  using Handle = std::unique_ptr<pcap_t, CloseHandle>;
  // libpcap counts in 32 bits: an hour of a busy link wraps them.
  struct Counter {
    std::uint32_t last = 0;
    std::uint64_t sum = 0;
    void add(std::uint32_t now) {
      sum += now - last;
      last = now;
    }
  };

  LiveDevice(LiveOptions options, std::string interface)
      : options_(std::move(options)), interface_(std::move(interface)) {}
  Result<void> open_handle();
  Result<void> activate(pcap_t* handle);
  Result<std::uint64_t> lost(int code);
  Error failed(std::string_view why) const;

  LiveOptions options_;
  std::string interface_;
  Handle handle_;
  packet::LinkType link_ = packet::LinkType::ethernet;
  DurationNs fraction_ns_ = 1;  // of one unit of tv_usec
  bool up_ = true;
  unsigned index_ = 0;  // the kernel's number of the interface; a new one when it comes back
  Counter received_, dropped_kernel_, dropped_interface_;
};

}  // namespace dnstorm::capture::pcap::detail
