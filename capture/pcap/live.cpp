#include "capture/pcap/live.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "capture/pcap/detail/dlt.hpp"

namespace dnstorm::capture::pcap {
namespace {

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

// libpcap's own waiting has no upper bound on Linux (its time-out only closes ring blocks), so the
// handle is non-blocking and poll() waits, for packets and for break_loop().
class PcapLive final : public LiveCapture {
 public:
  PcapLive(Handle handle, std::string interface, int timeout_ms, int wake)
      : handle_(std::move(handle)),
        interface_(std::move(interface)),
        timeout_ms_(timeout_ms),
        wake_(wake),
        link_(detail::link_of(pcap_datalink(handle_.get()))),
        fraction_ns_(nanoseconds(handle_.get()) ? 1 : ns_per_us) {}
  PcapLive(const PcapLive&) = delete;
  PcapLive& operator=(const PcapLive&) = delete;
  ~PcapLive() override { close(wake_); }

  Result<std::uint64_t> poll(const std::function<void(const Packet&)>& take,
                             int max_packets) override {
    pollfd waiting[2] = {{pcap_get_selectable_fd(handle_.get()), POLLIN, 0}, {wake_, POLLIN, 0}};
    if (::poll(waiting, 2, timeout_ms_) < 0 && errno != EINTR) return failed(std::strerror(errno));
    if (broken_.load(std::memory_order_relaxed)) return std::uint64_t{0};
    Receiver receiver{&take, link_, fraction_ns_};
    int n = pcap_dispatch(handle_.get(), max_packets, &PcapLive::receive,
                          reinterpret_cast<u_char*>(&receiver));
    if (n == PCAP_ERROR) return failed(pcap_geterr(handle_.get()));
    return static_cast<std::uint64_t>(std::max(n, 0));
  }

  Result<Drops> drops() override {
    pcap_stat counts{};
    if (pcap_stats(handle_.get(), &counts) != 0) return failed(pcap_geterr(handle_.get()));
    add(received_, counts.ps_recv);
    add(dropped_kernel_, counts.ps_drop);
    add(dropped_interface_, counts.ps_ifdrop);
    return Drops{received_.sum, dropped_kernel_.sum, dropped_interface_.sum};
  }

  packet::LinkType link() const override { return link_; }

  void break_loop() override {
    broken_.store(true, std::memory_order_relaxed);
    std::uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);  // full means that poll() is awake anyway
  }

 private:
  struct Receiver {
    const std::function<void(const Packet&)>* take;
    packet::LinkType link;
    DurationNs fraction_ns;  // of one unit of tv_usec
  };
  // libpcap counts in 32 bits: an hour of a busy link wraps them.
  struct Counter {
    std::uint32_t last = 0;
    std::uint64_t sum = 0;
  };
  static void add(Counter& counter, std::uint32_t now) {
    counter.sum += now - counter.last;
    counter.last = now;
  }

  static bool nanoseconds(pcap_t* handle) {
    return pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO;
  }

  static void receive(u_char* user, const pcap_pkthdr* head, const u_char* bytes) {
    const auto& receiver = *reinterpret_cast<const Receiver*>(user);
    Packet packet;
    packet.time = head->ts.tv_sec * ns_per_s + head->ts.tv_usec * receiver.fraction_ns;
    packet.link = receiver.link;
    packet.original_length = head->len;
    packet.bytes = {bytes, head->caplen};
    (*receiver.take)(packet);
  }

  Error failed(std::string_view why) const {
    return {ErrorKind::io, fmt::format("{}: capturing failed: {}", interface_, why), {}};
  }

  Handle handle_;
  std::string interface_;
  int timeout_ms_;
  int wake_;
  packet::LinkType link_;
  DurationNs fraction_ns_;
  std::atomic<bool> broken_ = false;
  Counter received_, dropped_kernel_, dropped_interface_;
};

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

Result<void> set_filter(pcap_t* handle, const LiveOptions& options) {
  if (options.filter.empty()) return {};
  bpf_program program{};
  bool ok = pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0 &&
            pcap_setfilter(handle, &program) == 0;
  pcap_freecode(&program);
  if (ok) return {};
  return Error{ErrorKind::usage,
               fmt::format("filter \"{}\" does not work on {}: {}", options.filter,
                           options.interface, pcap_geterr(handle)),
               "filter"};
}

}  // namespace

Result<std::unique_ptr<LiveCapture>> LiveCapture::open(const LiveOptions& options) {
  char why[PCAP_ERRBUF_SIZE] = "";
  Handle handle(pcap_create(options.interface.c_str(), why));
  if (!handle) return cannot_open(options.interface, PCAP_ERROR, why);
  pcap_set_snaplen(handle.get(), options.snaplen);
  pcap_set_promisc(handle.get(), options.promiscuous ? 1 : 0);
  pcap_set_timeout(handle.get(), options.timeout_ms);
  pcap_set_buffer_size(handle.get(), options.buffer_bytes);
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  int code = pcap_activate(handle.get());
  if (code < 0) return cannot_open(options.interface, code, pcap_geterr(handle.get()));
  DNSTORM_CHECK(set_filter(handle.get(), options));
  if (pcap_setnonblock(handle.get(), 1, why) != 0)
    return cannot_open(options.interface, PCAP_ERROR, why);
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) return cannot_open(options.interface, PCAP_ERROR, std::strerror(errno));
  return std::unique_ptr<LiveCapture>(
      std::make_unique<PcapLive>(std::move(handle), options.interface, options.timeout_ms, wake));
}

}  // namespace dnstorm::capture::pcap
