#include "capture/pcap/detail/live_device.hpp"

#include <fmt/format.h>
#include <net/if.h>

#include "capture/pcap/detail/dlt.hpp"

namespace dnstorm::capture::pcap::detail {

namespace {

struct Receiver {
  const LiveCapture::Take* take;
  std::size_t number;
  packet::LinkType link;
  DurationNs fraction_ns;
  TimeNs begin;
  std::uint64_t taken = 0;
};

void receive(u_char* user, const pcap_pkthdr* head, const u_char* bytes) {
  auto& receiver = *reinterpret_cast<Receiver*>(user);
  Packet packet;
  packet.time = head->ts.tv_sec * ns_per_s + head->ts.tv_usec * receiver.fraction_ns;
  if (packet.time < receiver.begin) return;
  packet.link = receiver.link;
  packet.original_length = head->len;
  packet.bytes = {bytes, head->caplen};
  ++receiver.taken;
  (*receiver.take)(packet, receiver.number);
}

std::string interface_names() {
  pcap_if_t* all = nullptr;
  char ignored[PCAP_ERRBUF_SIZE];
  if (pcap_findalldevs(&all, ignored) != 0) return {};
  std::string names;
  for (pcap_if_t* one = all; one != nullptr; one = one->next)
    if (one->flags & PCAP_IF_UP) names += (names.empty() ? "" : ", ") + std::string(one->name);
  pcap_freealldevs(all);
  return names;
}

Error cannot_open(const std::string& interface, int code, const char* why) {
  switch (code) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return {ErrorKind::no_input,
              fmt::format("{}: no such interface; there are: {}", interface, interface_names()),
              "interface"};
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return {ErrorKind::permission,
              fmt::format("{}: not allowed to capture; run as root, or once: "
                          "setcap cap_net_raw+eip $(command -v dnstorm)",
                          interface),
              "interface"};
    case PCAP_ERROR_IFACE_NOT_UP:
      return {ErrorKind::unavailable,
              fmt::format("{}: the interface is down; ip link set {} up", interface, interface),
              "interface"};
    default:
      return {ErrorKind::unavailable, fmt::format("{}: cannot be opened: {}", interface, why),
              "interface"};
  }
}

Result<void> set_filter(pcap_t* handle, const LiveOptions& options, const std::string& interface) {
  if (options.filter.empty()) return {};
  bpf_program program{};
  bool ok = pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0 &&
            pcap_setfilter(handle, &program) == 0;
  pcap_freecode(&program);
  if (ok) return {};
  return Error{ErrorKind::usage,
               fmt::format("filter \"{}\" does not work on {}: {}", options.filter, interface,
                           pcap_geterr(handle)),
               "filter"};
}

}  // namespace

Result<std::unique_ptr<LiveDevice>> LiveDevice::open(const LiveOptions& options,
                                                     const std::string& interface) {
  std::unique_ptr<LiveDevice> device(new LiveDevice(options, interface));
  DNSTORM_CHECK(device->open_handle());
  return device;
}

Result<void> LiveDevice::activate(pcap_t* handle) {
  pcap_set_snaplen(handle, options_.snaplen);
  pcap_set_promisc(handle, options_.promiscuous ? 1 : 0);
  pcap_set_timeout(handle, options_.timeout_ms);
  pcap_set_buffer_size(handle, options_.buffer_bytes);
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  int code = pcap_activate(handle);
  if (code < 0) return cannot_open(interface_, code, pcap_geterr(handle));
  DNSTORM_CHECK(set_filter(handle, options_, interface_));
  char why[PCAP_ERRBUF_SIZE] = "";
  if (pcap_setnonblock(handle, 1, why) != 0) return cannot_open(interface_, PCAP_ERROR, why);
  if (options_.fanout && options_.fanout->shared())
    DNSTORM_CHECK(options_.fanout->join(pcap_fileno(handle), interface_));
  return {};
}

Result<void> LiveDevice::open_handle() {
  char why[PCAP_ERRBUF_SIZE] = "";
  Handle handle(pcap_create(interface_.c_str(), why));
  if (!handle) return cannot_open(interface_, PCAP_ERROR, why);
  DNSTORM_CHECK(activate(handle.get()));
  handle_ = std::move(handle);
  index_ = if_nametoindex(interface_.c_str());
  link_ = link_of(pcap_datalink(handle_.get()));
  bool nano = pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO;
  fraction_ns_ = nano ? 1 : ns_per_us;
  received_.last = dropped_kernel_.last = dropped_interface_.last = 0;
  up_ = true;
  return {};
}

Error LiveDevice::failed(std::string_view why) const {
  return {ErrorKind::io, fmt::format("{}: capturing failed: {}", interface_, why), {}};
}

// The socket of an interface that is down goes on by itself when it is up again; that of one that
// was taken away never does.
Result<std::uint64_t> LiveDevice::lost(int code) {
  unsigned index = if_nametoindex(interface_.c_str());
  bool away = interface_ != "any" && index != index_;
  std::string_view why = pcap_geterr(handle_.get());
  bool down = code == PCAP_ERROR_IFACE_NOT_UP || why.find("went down") != why.npos ||
              why.find("disappeared") != why.npos;
  if (!away && !down) return failed(why);
  up_ = false;
  if (away) {
    (void)drops();  // its last count; a handle that does not answer any more has none
    handle_.reset();
  }
  return std::uint64_t{0};
}

Result<std::uint64_t> LiveDevice::dispatch(const LiveCapture::Take& take, std::size_t number,
                                           int max_packets, TimeNs begin) {
  if (!handle_) return std::uint64_t{0};
  Receiver receiver{&take, number, link_, fraction_ns_, begin};
  int n = pcap_dispatch(handle_.get(), max_packets, &receive, reinterpret_cast<u_char*>(&receiver));
  if (n < 0 && n != PCAP_ERROR_BREAK) return lost(n);
  if (n > 0) up_ = true;
  return receiver.taken;
}

Result<void> LiveDevice::look_again() {
  if (handle_ || if_nametoindex(interface_.c_str()) == 0) return {};
  Result<void> opened = open_handle();
  // It is there but not up yet, or it went while it was opened.
  if (!opened.ok() &&
      (opened.error().kind == ErrorKind::unavailable || opened.error().kind == ErrorKind::no_input))
    return {};
  if (!opened.ok() && opened.error().kind == ErrorKind::permission)
    return Error{ErrorKind::permission,
                 fmt::format("{}: the interface was taken away and has come back, and it cannot be "
                             "opened again without the right to capture; start dnstorm again",
                             interface_),
                 "interface"};
  return opened;
}

Result<Drops> LiveDevice::drops() {
  if (handle_) {
    pcap_stat counts{};
    if (pcap_stats(handle_.get(), &counts) != 0) return failed(pcap_geterr(handle_.get()));
    received_.add(counts.ps_recv);
    dropped_kernel_.add(counts.ps_drop);
    dropped_interface_.add(counts.ps_ifdrop);
  }
  return Drops{received_.sum, dropped_kernel_.sum, dropped_interface_.sum};
}

}  // namespace dnstorm::capture::pcap::detail
